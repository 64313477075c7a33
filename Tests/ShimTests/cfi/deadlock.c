// SPDX-License-Identifier: Apache-2.0
//
// deadlock [ROUNDS]: one thread is inside dl_iterate_phdr, with the loader's lock, and wants a lock
// that another thread holds while it unwinds at addresses never seen before. An unwinder that takes
// the loader's lock never comes back; SIGALRM then fails the test.
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cfi/rules.h"
#include "cfi/walk.h"
#include "include/silt_format.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t holding, inside, over;

static int callback(struct dl_phdr_info *info, size_t size, void *data) {
  (void)info;
  (void)size;
  (void)data;
  pthread_barrier_wait(&inside);
  pthread_mutex_lock(&lock);
  pthread_mutex_unlock(&lock);
  return 1;
}

static void *iterate(void *rounds) {
  for (long i = 0; i < *(long *)rounds; i++) {
    pthread_barrier_wait(&holding);
    dl_iterate_phdr(callback, NULL);
    pthread_barrier_wait(&over);
  }
  return NULL;
}

int main(int argc, char **argv) {
  long rounds = argc > 1 ? atol(argv[1]) : 1000;
  uint64_t pcs[SILT_MAX_DEPTH];
  uint8_t end = 0xff;
  pthread_t thread;
  silt_cfi_init();
  pthread_barrier_init(&holding, NULL, 2);
  pthread_barrier_init(&inside, NULL, 2);
  pthread_barrier_init(&over, NULL, 2);
  pthread_create(&thread, NULL, iterate, &rounds);
  alarm(600);
  for (long i = 0; i < rounds; i++) {
    pthread_mutex_lock(&lock);
    pthread_barrier_wait(&holding);
    pthread_barrier_wait(&inside);
    memset(silt_rules_table, 0, sizeof silt_rules_table);
    uint32_t depth = silt_cfi_unwind(pcs, SILT_MAX_DEPTH, &end);
    pthread_mutex_unlock(&lock);
    pthread_barrier_wait(&over);
    if (depth < 3 || end != SILT_END_COMPLETE) return 1;
  }
  pthread_join(thread, NULL);
  printf("deadlock: %ld rounds, none\n", rounds);
}
