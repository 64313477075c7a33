// SPDX-License-Identifier: Apache-2.0
//
// interrupted LIBSILT.SO: a signal handler allocates in the midst of an operator new with
// alignment, before that asks for its memory. The block is recorded once, and nothing looks like a
// free that was missed. With -DOPERATORS this file is the library with that operator.
#include <signal.h>
#include <stdlib.h>

void *_ZnwmSt11align_val_t(size_t size, size_t alignment);

#ifdef OPERATORS
// Tells the shim that there is a C++ library.
void *_Znwm(size_t size);
void *_Znwm(size_t size) {
  return malloc(size);
}

void *_ZnwmSt11align_val_t(size_t size, size_t alignment) {
  raise(SIGUSR1);
  return aligned_alloc(alignment, size);
}
#else
#include <stdio.h>

#include "entry/preloaded.h"

enum { SIZE = 1024, MORE = 50000, TIMES = 5 };

static void *volatile block;

static void on_signal(int signal) {
  (void)signal;
  block = malloc(MORE);
}

static int run(void) {
  signal(SIGUSR1, on_signal);
  for (int i = 0; i < TIMES; i++) block = _ZnwmSt11align_val_t(SIZE, 64);
  return 0;
}

static uint64_t missed, allocated;

static void look(const struct silt_header *file) {
  missed += file->missed_frees.count;
  for (uint64_t i = 1; i < file->regions[SILT_REGION_SITES].used; i++) {
    const struct silt_site *site = preloaded_element(file, SILT_REGION_SITES, i);
    if (site->size_class == silt_size_class(SIZE)) allocated += site->alloc_objects;
  }
}

int main(int argc, char **argv) {
  if (strcmp(argv[0], "interrupted") == 0) return run();
  REQUIRE(argc > 1);
  preloaded_begin();
  int status = preloaded_run(argv[1], "interrupted", "");
  int dumps = preloaded_each(preloaded_folder, ".1.silt", look);
  preloaded_end();
  REQUIRE(status == 0 && dumps == 1);
  // libc's buffers may be of that size too.
  if (missed == 0 && allocated >= TIMES && allocated <= TIMES + 2) return 0;
  printf("interrupted: %d allocations, recorded %lu, %lu missed frees\n", TIMES,
         (unsigned long)allocated, (unsigned long)missed);
  return 1;
}
#endif
