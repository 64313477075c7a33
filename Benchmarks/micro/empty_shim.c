// SPDX-License-Identifier: Apache-2.0
//
// The floor: a preloaded library that forwards every entry point that libsilt.so interposes, and
// does nothing else. What libsilt.so costs above this is Silt's own; what this costs above no
// preload is the price of any shim.
#define _GNU_SOURCE
#include <dlfcn.h>

#include "entry/names.h"

static void find_next(void);

// Each pointer first leads to a function that finds the real ones, so that a call needs no test. If
// dlsym allocates during the search, it finds what it needs already set, and so does an allocator
// that then maps its first memory.
#define FORWARD(type, name, parameters, arguments)                      \
  static type first_##name parameters;                                  \
  static type(*next_##name) parameters = first_##name;                  \
  __attribute__((cold, noinline)) static type first_##name parameters { \
    find_next();                                                        \
    return next_##name arguments;                                       \
  }                                                                     \
  type name parameters {                                                \
    return next_##name arguments;                                       \
  }
SILT_NAMES(FORWARD)

// For a libc without the sized frees of C23.
static void free_by_size(void *p, size_t n) {
  (void)n;
  next_free(p);
}

static void free_by_alignment(void *p, size_t a, size_t n) {
  (void)a;
  (void)n;
  next_free(p);
}

// Other functions that the next libraries do not have stay NULL: no program here calls them.
static void find_next(void) {
// Volatile: libc declares dlsym as one that never calls back, and the compiler would store later.
#define FIND(type, name, parameters, arguments) \
  *(void *volatile *)&next_##name = dlsym(RTLD_NEXT, #name);
  FIND(void *, calloc, , )
  FIND(void, free, , )
  FIND(void *, malloc, , )
  FIND(void *, mmap, , )
  FIND(int, munmap, , )
  FIND(int, mprotect, , )
  FIND(long, syscall, , )
  SILT_NAMES(FIND)
  if (!next_free_sized) next_free_sized = free_by_size;
  if (!next_free_aligned_sized) next_free_aligned_sized = free_by_alignment;
}
