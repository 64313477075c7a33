// SPDX-License-Identifier: Apache-2.0
//
// Known answers for eight threads that free and resize each other's memory, and for threads that
// end while what they allocated lives on. The order differs from run to run; the answers do not.
//
//   Threads [exit|abort|kill]
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>

#include "truth.h"

enum { THREADS = 8, ROUNDS = 100, BLOCKS = 64, KEPT_OF_ROUND = 8 };

static struct block table[THREADS][BLOCKS];
static pthread_barrier_t barrier;

ANSWER static struct block thread_allocates(size_t size) {
  return truth_take(__func__, malloc(size), size);
}

ANSWER static struct block thread_resizes(struct block block, size_t size) {
  return truth_resize(block, __func__, realloc(block.address, size), size);
}

// In each round a thread fills its row; the next one resizes half of the row, and the one after
// that frees it. The last blocks of a row are never freed.
static void *work(void *argument) {
  int self = *(int *)argument;
  for (int round = 0; round < ROUNDS; round++) {
    struct block *own = table[self];
    for (int i = 0; i < BLOCKS; i++)
      own[i] = thread_allocates((size_t)(31 + self * 1009 + i * 13 + round % 7));
    pthread_barrier_wait(&barrier);
    struct block *next = table[(self + 1) % THREADS];
    for (int i = 0; i < BLOCKS; i += 2) next[i] = thread_resizes(next[i], next[i].size * 3 + 5);
    pthread_barrier_wait(&barrier);
    struct block *other = table[(self + 2) % THREADS];
    for (int i = 0; i < BLOCKS - KEPT_OF_ROUND; i++) free(truth_drop(other[i]));
    pthread_barrier_wait(&barrier);
  }
  return NULL;
}

ANSWER static void short_thread_allocates(void) {
  truth_take(__func__, malloc(5003), 5003);
  free(truth_drop(truth_take(__func__, malloc(5003), 5003)));
}

static void *work_shortly(void *argument) {
  short_thread_allocates();
  return argument;
}

int main(int argc, char **argv) {
  pthread_t threads[THREADS];
  int numbers[THREADS];
  pthread_barrier_init(&barrier, NULL, THREADS);
  for (int i = 0; i < THREADS; i++) {
    numbers[i] = i;
    if (pthread_create(&threads[i], NULL, work, &numbers[i]) != 0) abort();
  }
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < 200; i++) {
    if (pthread_create(&threads[0], NULL, work_shortly, NULL) != 0) abort();
    pthread_join(threads[0], NULL);
  }
  return truth_finish(argc, argv);
}
