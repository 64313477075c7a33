// SPDX-License-Identifier: Apache-2.0
//
// Eight threads that allocate without pause while others have dumps made of them. Each holds a
// known number of blocks, so that every dump must hold these. Their signal stacks are as small as
// the system allows, and below each is a page that must not be touched. The main thread blocks the
// signal, so that it always interrupts one that allocates.
//
// Prints the answers and `ready`, works until a line or the end of its input, and prints `done`.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../KnownAnswers/truth.h"

enum { THREADS = 8, HELD = 500, TURNOVER = 64 };

static pthread_barrier_t all_hold;
static int finished;

ANSWER static void holds_blocks(void) {
  for (int i = 0; i < HELD; i++) truth_take(__func__, malloc(700), 700);
}

// Not in the answers: how often it has run when a dump is made is anybody's guess.
ANSWER static void turns_blocks_over(void) {
  static __thread void *blocks[TURNOVER];
  static __thread unsigned turn;
  void **block = &blocks[turn++ % TURNOVER];
  free(*block);
  *block = malloc(16 + turn % 5000);
}

static void use_small_signal_stack(void) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE), size = (size_t)sysconf(_SC_MINSIGSTKSZ) + page;
  size = (size + page - 1) & ~(page - 1);
  char *memory = mmap(NULL, size + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || mprotect(memory + page, size, PROT_READ | PROT_WRITE)) abort();
  stack_t stack = {.ss_sp = memory + page, .ss_size = size};
  if (sigaltstack(&stack, NULL)) abort();
}

static void *work(void *unused) {
  use_small_signal_stack();
  holds_blocks();
  pthread_barrier_wait(&all_hold);
  while (!__atomic_load_n(&finished, __ATOMIC_RELAXED)) turns_blocks_over();
  return unused;
}

int main(void) {
  pthread_t threads[THREADS];
  pthread_barrier_init(&all_hold, NULL, THREADS + 1);
  for (int i = 0; i < THREADS; i++)
    if (pthread_create(&threads[i], NULL, work, NULL)) abort();
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
  pthread_barrier_wait(&all_hold);
  truth_finish(0, NULL);
  __atomic_store_n(&finished, 1, __ATOMIC_RELAXED);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  dprintf(STDOUT_FILENO, "done\n");
  return 0;
}
