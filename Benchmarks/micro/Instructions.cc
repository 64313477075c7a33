// SPDX-License-Identifier: Apache-2.0
//
// Runs one pair of calls PAIRS times and does nothing else. Two runs of different length under
// callgrind give the exact number of instructions of one pair.
//
//   Instructions malloc|calloc|realloc|new PAIRS
#include <cstdlib>
#include <cstring>
#include <new>

#include "lib/clock.h"

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  const char *what = argv[1];
  long pairs = std::atol(argv[2]);
  if (std::strcmp(what, "malloc") == 0) {
    for (long i = 0; i < pairs; i++) {
      void *p = std::malloc(64);
      escape(p);
      std::free(p);
    }
  } else if (std::strcmp(what, "calloc") == 0) {
    for (long i = 0; i < pairs; i++) {
      void *p = std::calloc(1, 64);
      escape(p);
      std::free(p);
    }
  } else if (std::strcmp(what, "realloc") == 0) {
    void *p = std::malloc(64);
    for (long i = 0; i < pairs; i++) {
      p = std::realloc(p, 56);
      escape(p);
      p = std::realloc(p, 64);
      escape(p);
    }
    std::free(p);
  } else if (std::strcmp(what, "new") == 0) {
    for (long i = 0; i < pairs; i++) {
      void *p = ::operator new(64);
      escape(p);
      ::operator delete (p, std::size_t{64});
    }
  } else {
    return 2;
  }
  return 0;
}
