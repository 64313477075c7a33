// SPDX-License-Identifier: Apache-2.0
//
// Short threads of every kind: joined, detached, of C11, cancelled; on the smallest stacks there
// are.
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "acts.h"
#include "blocks.h"
#include "model.h"

static void *threads_run(void *seed) {
  struct chance c = {(uint64_t)seed};
  for (unsigned steps = 1 + (unsigned)chance_below(&c, 20); steps > 0; steps--) blocks_step(&c);
  return NULL;
}

static int threads_run_c11(void *seed) {
  threads_run(seed);
  return 0;
}

static void threads_clean(void *p) {
  free(p);
}

static void *threads_run_until_cancelled(void *seed) {
  struct chance c = {(uint64_t)seed};
  void *p = malloc(chance_size(&c));
  pthread_cleanup_push(threads_clean, p);
  for (;;) {
    blocks_step(&c);
    pthread_testcancel();
  }
  pthread_cleanup_pop(1);
  return NULL;
}

bool acts_thread(struct chance *c) {
  pthread_t thread;
  thrd_t c11;
  pthread_attr_t attributes;
  void *seed = (void *)chance_bits(c);
  unsigned choice = (unsigned)chance_below(c, 5);
  if (choice == 0) {
    if (thrd_create(&c11, threads_run_c11, seed) == thrd_success) thrd_join(c11, NULL);
    return true;
  }
  pthread_attr_init(&attributes);
  if (choice == 1) pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  if (chance_below(c, 2)) pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN);
  void *(*run)(void *) = choice == 2 ? threads_run_until_cancelled : threads_run;
  // Unwinding at a cancellation takes more stack than the least.
  if (choice == 2) pthread_attr_setstacksize(&attributes, 64 << 10);
  if (pthread_create(&thread, &attributes, run, seed) == 0 && choice != 1) {
    if (choice == 2) {
      nanosleep(&(struct timespec){.tv_nsec = (long)chance_below(c, 300000)}, NULL);
      pthread_cancel(thread);
    }
    pthread_join(thread, NULL);
  }
  pthread_attr_destroy(&attributes);
  return true;
}

// Without a call that allocates. 0: not known.
static int threads_count(void) {
  char text[4096] = "";
  int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  const char *line = got > 0 ? strstr(text, "\nThreads:") : NULL;
  return line ? atoi(line + 9) : 0;
}

// An emulator of a processor has threads of its own from the beginning.
static int threads_at_start = 1;

__attribute__((constructor)) static void threads_begin(void) {
  threads_at_start = threads_count();
}

void acts_settle(void) {
  while (threads_count() > threads_at_start) nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}
