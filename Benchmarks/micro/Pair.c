// SPDX-License-Identifier: Apache-2.0
//
// w1 and w2: malloc and free of 16 to 512 bytes, at once, on one or more threads.
//
//   Pair OPERATIONS THREADS
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>

#include "lib/clock.h"

enum { SIZES = 1024, MAX_THREADS = 64 };

static size_t sizes[SIZES];
static long operations;

static void *work(void *argument) {
  for (long i = 0; i < operations; i++) {
    char *p = malloc(sizes[i % SIZES]);
    p[0] = 1;
    escape(p);
    free(p);
  }
  return argument;
}

int main(int argc, char **argv) {
  operations = argc > 1 ? atol(argv[1]) : 10000000;
  int threads = argc > 2 ? atoi(argv[2]) : 1;
  if (threads < 1 || threads > MAX_THREADS) return 2;
  uint64_t state = 88172645463325252;
  for (int i = 0; i < SIZES; i++) sizes[i] = 16 + (random_next(&state) >> 32) % 497;
  pthread_t workers[MAX_THREADS];
  warm_up();
  double start = cpu_ns(), start_wall = wall_clock_ns();
  for (int i = 1; i < threads; i++)
    if (pthread_create(&workers[i], NULL, work, NULL) != 0) return 1;
  work(NULL);
  for (int i = 1; i < threads; i++) pthread_join(workers[i], NULL);
  report(start, (double)operations * threads);
  report_wall(start_wall, (double)operations * threads);
  return 0;
}
