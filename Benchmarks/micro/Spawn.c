// SPDX-License-Identifier: Apache-2.0
//
// Creates and joins threads, one after the other; each allocates and frees once.
//
//   Spawn OPERATIONS
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>

#include "lib/clock.h"

static void *work(void *argument) {
  void *p = malloc(64);
  escape(p);
  free(p);
  return argument;
}

int main(int argc, char **argv) {
  long operations = argc > 1 ? atol(argv[1]) : 20000;
  warm_up();
  double start = cpu_ns();
  for (long i = 0; i < operations; i++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, NULL) != 0) return 1;
    pthread_join(thread, NULL);
  }
  report(start, (double)operations);
  return 0;
}
