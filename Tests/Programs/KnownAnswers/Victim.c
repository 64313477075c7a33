// SPDX-License-Identifier: Apache-2.0
//
// Allocates without end until it is killed, and says after every batch how far it has come, in one
// write each, so that a test that kills it at a random moment knows what its profile must hold:
//
//   total LIVE_OBJECTS LIVE_BYTES ALLOC_OBJECTS ALLOC_BYTES
//
// A line is written after its batch is done: the truth at the kill is between the last line and one
// batch more.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "truth.h"

enum { BATCH = 64, MAX_LIVE = 1 << 17 };

static void *live[MAX_LIVE];

ANSWER static void *victim_keeps(size_t size) {
  return malloc(size);
}

ANSWER static void *victim_drops(size_t size) {
  return malloc(size);
}

// Of the same number always the same size, so that the size of an old block need not be kept.
static size_t kept_size(unsigned long number) {
  return 64 + number % 1931;
}

int main(void) {
  unsigned long live_objects = 0, live_bytes = 0, alloc_objects = 0, alloc_bytes = 0;
  for (unsigned long number = 0;; number++) {
    void **place = &live[number % MAX_LIVE];
    if (number >= MAX_LIVE) {
      free(*place);
      live_objects--;
      live_bytes -= kept_size(number - MAX_LIVE);
    }
    *place = victim_keeps(kept_size(number));
    free(victim_drops(256));
    live_objects++;
    live_bytes += kept_size(number);
    alloc_objects += 2;
    alloc_bytes += kept_size(number) + 256;
    if (number % BATCH == BATCH - 1)
      dprintf(STDOUT_FILENO, "total %lu %lu %lu %lu\n", live_objects, live_bytes, alloc_objects,
              alloc_bytes);
  }
}
