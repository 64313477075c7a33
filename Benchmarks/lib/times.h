// SPDX-License-Identifier: Apache-2.0
//
// Times of a single step, many of them, and what is made of them.
#ifndef TIMES_H
#define TIMES_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

// The time on the wall: the clock of a process is too coarse for one step.
static inline uint64_t wall_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// CPU time of the calling thread: what another one takes meanwhile does not count.
static inline uint64_t thread_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline int times_compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static inline void times_sort(uint64_t *times, uint32_t count) {
  qsort(times, count, sizeof times[0], times_compare);
}

static inline double times_median(uint64_t *times, uint32_t count) {
  times_sort(times, count);
  return (double)(times[(count - 1) / 2] + times[count / 2]) / 2;
}

#endif
