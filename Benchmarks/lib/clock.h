// SPDX-License-Identifier: Apache-2.0
//
// What every micro-benchmark shares: the clock, the result line, and a use of a pointer that the
// compiler cannot remove.
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// Allocates 64 MiB before the clock starts: a profiler's first samples make its session and touch
// its pages.
static inline void warm_up(void) {
  for (int i = 0; i < 8192; i++) {
    char *volatile p = (char *)malloc(8192);
    free(p);
  }
}

// CPU time of all threads. On a machine with other work, only this is repeatable.
static inline double cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

// The only output: CPU nanoseconds for each operation.
static inline void report(double start_ns, double operations) {
  printf("%.4f\n", (cpu_ns() - start_ns) / operations);
}

static inline double wall_clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

// For those who ask how many threads get on beside each other: ns on the wall for each operation,
// on the other stream.
static inline void report_wall(double start_ns, double operations) {
  fprintf(stderr, "wall %.4f\n", (wall_clock_ns() - start_ns) / operations);
}

static inline void escape(void *pointer) {
  __asm__ volatile("" : : "r"(pointer) : "memory");
}

// xorshift64* (Vigna 2016).
static inline uint64_t random_next(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(2685821657736338717);
}

#endif
