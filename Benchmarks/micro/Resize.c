// SPDX-License-Identifier: Apache-2.0
//
// w4: buffers that begin with calloc and grow by realloc, as parsers and string builders do.
//
//   Resize OPERATIONS
#define _GNU_SOURCE
#include <stdlib.h>

#include "lib/clock.h"

int main(int argc, char **argv) {
  long operations = argc > 1 ? atol(argv[1]) : 1000000;
  warm_up();
  double start = cpu_ns();
  for (long i = 0; i < operations; i++) {
    size_t size = 24 + (size_t)i % 64;
    char *p = calloc(1, size);
    for (int step = 0; step < 4; step++) {
      size *= 2;
      char *grown = realloc(p, size);
      if (!grown) return 1;
      p = grown;
      p[size - 1] = 1;
      escape(p);
    }
    free(p);
  }
  report(start, (double)operations);
  return 0;
}
