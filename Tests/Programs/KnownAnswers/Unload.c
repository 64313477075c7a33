// SPDX-License-Identifier: Apache-2.0
//
// Known answers for libraries that are loaded, allocate and are closed, in turn and often at each
// other's addresses. The libraries are looked for beside the program. Prints how often an address
// was used again.
//
//   Unload [exit|abort|kill]
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "truth.h"

enum { ROUNDS = 200, BLOCKS = 5 };

typedef struct block (*entry)(const char *owner, size_t size);

static char folder[PATH_MAX];

static void find_folder(void) {
  ssize_t size = readlink("/proc/self/exe", folder, sizeof folder - 1);
  if (size <= 0) abort();
  *strrchr(folder, '/') = 0;
}

// Loads a library, has it allocate, frees all but one block, and unloads it. Gives the function's
// address.
static void *use(const char *library, const char *function, size_t size) {
  char path[PATH_MAX + 32];
  snprintf(path, sizeof path, "%s/%s", folder, library);
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  entry allocate;
  *(void **)&allocate = handle ? dlsym(handle, function) : NULL;
  if (!allocate) {
    fprintf(stderr, "Unload: %s\n", dlerror());
    exit(1);
  }
  for (int i = 0; i < BLOCKS; i++) {
    struct block block = allocate(function, size);
    if (i > 0) free(truth_drop(block));
  }
  void *address = *(void **)&allocate;
  dlclose(handle);
  return address;
}

int main(int argc, char **argv) {
  find_folder();
  int reused = 0;
  for (int round = 0; round < ROUNDS; round++) {
    char *first = use("libFirst.so", "first_library_allocates", 7001);
    char *second = use("libSecond.so", "second_library_allocates", 8009);
    reused += first - second < 4096 && second - first < 4096;
  }
  dprintf(STDOUT_FILENO, "addresses used again: %d of %d\n", reused, ROUNDS);
  return truth_finish(argc, argv);
}
