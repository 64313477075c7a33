// SPDX-License-Identifier: Apache-2.0
//
// Keeps a live set of about so many bytes and replaces its objects at random, in sizes from 16
// bytes to 4 MiB by three functions; then prints the answers, and `live OBJECTS BYTES` of all. For
// the estimates at the default interval. The memory is not touched, so that 4 GiB of it cost a
// fraction of that.
//
//   Churn [wait|exit|abort|kill [LIVE_BYTES [REPLACEMENTS [SEED]]]]
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "truth.h"

enum { MAX_OBJECTS = 1 << 22 };

static struct block objects[MAX_OBJECTS];
static size_t object_count, live_bytes;

// xorshift64* (Vigna 2016).
static uint64_t random_state;
static uint64_t random_next(void) {
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return random_state * UINT64_C(2685821657736338717);
}

// A size of [smallest, smallest << doublings), each power of two as likely as the next.
static size_t random_size(size_t smallest, unsigned doublings) {
  size_t base = smallest << (random_next() >> 32) % doublings;
  return base + (size_t)(random_next() >> 16) % base;
}

ANSWER static struct block churn_small(void) {
  size_t size = random_size(16, 6);
  return truth_take(__func__, malloc(size), size);
}

ANSWER static struct block churn_medium(void) {
  size_t size = random_size(1024, 6);
  return truth_take(__func__, malloc(size), size);
}

ANSWER static struct block churn_large(void) {
  size_t size = random_size(65536, 6);
  return truth_take(__func__, malloc(size), size);
}

static struct block allocate(void) {
  uint64_t kind = (random_next() >> 32) % 1000;
  struct block block = kind < 5 ? churn_large() : kind < 100 ? churn_medium() : churn_small();
  if (!block.address) {
    fprintf(stderr, "Churn: out of memory at %zu bytes\n", live_bytes);
    exit(1);
  }
  live_bytes += block.size;
  return block;
}

int main(int argc, char **argv) {
  size_t target = argc > 2 ? strtoull(argv[2], NULL, 0) : (size_t)4 << 30;
  size_t replacements = argc > 3 ? strtoull(argv[3], NULL, 0) : 1000000;
  random_state = argc > 4 ? strtoull(argv[4], NULL, 0) : UINT64_C(0x9e3779b97f4a7c15);
  if (random_state == 0) random_state = 1;
  while (live_bytes < target && object_count < MAX_OBJECTS) objects[object_count++] = allocate();
  for (size_t i = 0; i < replacements && object_count > 0; i++) {
    struct block *object = &objects[(random_next() >> 20) % object_count];
    live_bytes -= object->size;
    free(truth_drop(*object));
    *object = allocate();
  }
  dprintf(STDOUT_FILENO, "live %zu %zu\n", object_count, live_bytes);
  return truth_finish(argc, argv);
}
