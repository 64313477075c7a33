// SPDX-License-Identifier: Apache-2.0
//
// w3: one million live objects of 16 to 512 bytes, replaced at random. The frees are spread over
// the whole heap, and so is what a profiler looks up for a free. Only the replacements are timed.
//
//   Replace OPERATIONS
#define _GNU_SOURCE
#include <stdlib.h>

#include "lib/clock.h"

enum { LIVE = 1000000 };

static char *live[LIVE];

static char *allocate(uint64_t *state) {
  char *p = malloc(16 + (random_next(state) >> 32) % 497);
  p[0] = 1;
  return p;
}

int main(int argc, char **argv) {
  long operations = argc > 1 ? atol(argv[1]) : 3000000;
  uint64_t state = 88172645463325252;
  for (int i = 0; i < LIVE; i++) live[i] = allocate(&state);
  warm_up();
  double start = cpu_ns();
  for (long i = 0; i < operations; i++) {
    char **place = &live[(random_next(&state) >> 20) % LIVE];
    free(*place);
    *place = allocate(&state);
  }
  report(start, (double)operations);
  return 0;
}
