// SPDX-License-Identifier: Apache-2.0
//
// A stack that is no thread's, above or below the one it was entered from.
#define _GNU_SOURCE
#include <ucontext.h>

#include "acts.h"
#include "blocks.h"

static __thread ucontext_t fibers_main, fibers_own;
static __thread struct chance *fibers_chance;

static void fibers_run(void) {
  for (unsigned i = 0; i < 4; i++) {
    blocks_step(fibers_chance);
    if (i & 1) swapcontext(&fibers_own, &fibers_main);
  }
}

bool acts_fiber(struct chance *c, void *stack, uint64_t size) {
  if (!stack || getcontext(&fibers_own)) return true;
  fibers_chance = c;
  fibers_own.uc_stack.ss_sp = stack;
  fibers_own.uc_stack.ss_size = size;
  fibers_own.uc_link = &fibers_main;
  makecontext(&fibers_own, fibers_run, 0);
  for (unsigned i = 0; i < 3; i++) {
    swapcontext(&fibers_main, &fibers_own);
    blocks_step(c);
  }
  return true;
}
