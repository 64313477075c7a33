// SPDX-License-Identifier: Apache-2.0
//
// A program for the oracle: fibers (makecontext) that allocate, with stacks from malloc and from
// mmap, on the main thread and on others. fibers [ROUNDS]
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#define STACK (64 << 10)

static __thread ucontext_t home, fiber;
static __thread uint64_t sum;

static __attribute__((noinline)) uint64_t descend(uint64_t n) {
  volatile char pad[40];
  pad[0] = (char)n;
  free(malloc(n + 1));
  uint64_t inner = n == 0 ? 0 : descend(n - 1);
  if (n % 4 == 0) swapcontext(&fiber, &home);
  return inner + (uint64_t)pad[0] + 1;
}

static void enter(void) {
  sum += descend(16);
}

static void run(void *stack) {
  volatile int turns = 0;
  getcontext(&fiber);
  fiber.uc_stack.ss_sp = stack;
  fiber.uc_stack.ss_size = STACK;
  fiber.uc_link = &home;
  makecontext(&fiber, enter, 0);
  for (turns = 0; turns < 6; turns++) {
    swapcontext(&home, &fiber);
    free(malloc(100));
  }
}

static void *all(void *rounds) {
  for (uint64_t i = 0; i < *(uint64_t *)rounds; i++) {
    void *heap = malloc(STACK);
    run(heap);
    free(heap);
    void *map = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    run(map);
    munmap(map, STACK);
  }
  return NULL;
}

int main(int argc, char **argv) {
  uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : 20;
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, all, &rounds);
  all(&rounds);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  return sum == 0;
}
