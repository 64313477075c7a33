// SPDX-License-Identifier: Apache-2.0
//
// After larson: a server whose threads replace blocks of 8 to 1,000 bytes at random, and hand all
// of them over to a new thread after a while, so that most are freed by another thread than the one
// that allocated them.
//
//   Handover OPERATIONS THREADS
#define _GNU_SOURCE
#include <pthread.h>

#include "lib/clock.h"

enum { BLOCKS = 1000, GENERATIONS = 10, MAX_THREADS = 64 };

struct crew {
  uint64_t random;
  long operations;
  void *blocks[BLOCKS];
};

static void *work(void *argument) {
  struct crew *crew = argument;
  for (long i = 0; i < crew->operations; i++) {
    uint64_t random = random_next(&crew->random);
    void **block = &crew->blocks[(random >> 40) % BLOCKS];
    free(*block);
    *block = malloc(8 + (random >> 8) % 993);
    escape(*block);
  }
  return NULL;
}

int main(int argc, char **argv) {
  static struct crew crews[MAX_THREADS];
  long operations = argc > 1 ? atol(argv[1]) : 1000000;
  int threads = argc > 2 ? atoi(argv[2]) : 2;
  if (threads < 1 || threads > MAX_THREADS) return 2;
  warm_up();
  double start = cpu_ns();
  for (int i = 0; i < threads; i++) {
    crews[i].random = 88172645463325252 + (uint64_t)i;
    crews[i].operations = operations / GENERATIONS;
  }
  for (int generation = 0; generation < GENERATIONS; generation++) {
    pthread_t workers[MAX_THREADS];
    for (int i = 0; i < threads; i++)
      if (pthread_create(&workers[i], NULL, work, &crews[(i + generation) % threads])) return 1;
    for (int i = 0; i < threads; i++) pthread_join(workers[i], NULL);
  }
  report(start, (double)operations * threads);
  return 0;
}
