// SPDX-License-Identifier: Apache-2.0
//
// A service that allocates at ever new stacks until SIGTERM, and then prints its longest malloc and
// free in microseconds. So its session grows all the time.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static volatile sig_atomic_t over;
static uint64_t longest_malloc, longest_free;

static void end(int signal) {
  (void)signal;
  over = 1;
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void *allocate(size_t size) {
  uint64_t start = now();
  void *block = malloc(size);
  uint64_t took = now() - start;
  if (took > longest_malloc) longest_malloc = took;
  if (!block) exit(2);
  return block;
}

static void release(void *block) {
  uint64_t start = now();
  free(block);
  uint64_t took = now() - start;
  if (took > longest_free) longest_free = took;
}

// Each path of bits is a stack of its own.
static void *left(uint64_t path, unsigned depth);
static void *right(uint64_t path, unsigned depth);

static void *step(uint64_t path, unsigned depth) {
  if (depth == 0) return allocate(100 + path % 400);
  return path & 1 ? left(path >> 1, depth - 1) : right(path >> 1, depth - 1);
}

static __attribute__((noinline)) void *left(uint64_t path, unsigned depth) {
  void *block = step(path, depth);
  __asm__ volatile("" ::: "memory");  // no tail call
  return block;
}

static __attribute__((noinline)) void *right(uint64_t path, unsigned depth) {
  void *block = step(path, depth);
  __asm__ volatile("nop" ::: "memory");
  return block;
}

int main(void) {
  static void *blocks[4096];
  uint64_t state = 88172645463325252u;
  signal(SIGTERM, end);
  for (unsigned i = 0; !over; i++) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    void **slot = &blocks[i % 4096];
    if (*slot) release(*slot);
    *slot = step(state, 14);
    memset(*slot, 1, 100);
    if (i % 64 == 0) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  printf("%.1f %.1f\n", (double)longest_malloc / 1e3, (double)longest_free / 1e3);
  return 0;
}
