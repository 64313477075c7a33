// SPDX-License-Identifier: Apache-2.0
//
// The truth is a shadow stack. An instruction was a call if it moved the stack pointer down by one
// word, stored there the address right behind itself, and jumped. A frame has been left, by return,
// exception or longjmp, once the stack pointer is above its return address.
#define _GNU_SOURCE
#include "cfi/stepper.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include "cfi/rule.h"
#include "cfi/walk.h"
#include "include/silt_format.h"

#define MAX_DEPTH 128
#define LONGEST_INSTRUCTION 15
#define TRAP_FLAG UINT64_C(0x100)

struct call {
  uint64_t slot;  // where the return address is stored
  uint64_t to;    // the return address
};

static struct call calls[4096];
static uint32_t depth;
static uint64_t last_pc, last_sp;
static bool running;
static struct stepper_counts counts;

// What the last instruction did to the stack of calls.
static void follow(uint64_t pc, uint64_t sp) {
  while (depth > 0 && calls[depth - 1].slot < sp) depth--;
  if (last_pc == 0 || sp != last_sp - 8) return;
  uint64_t to = *(const uint64_t *)sp;
  bool behind = to > last_pc && to <= last_pc + LONGEST_INSTRUCTION;
  bool elsewhere = pc < last_pc || pc > last_pc + LONGEST_INSTRUCTION;
  if (behind && elsewhere && depth < 4096) calls[depth++] = (struct call){sp, to};
}

// Whether every call will still return where it came from.
static bool intact(void) {
  for (uint32_t i = 0; i < depth; i++) {
    if (*(const uint64_t *)calls[i].slot != calls[i].to) return false;
  }
  return true;
}

// How many frames agree with the truth, `pc` and then the calls outwards.
static uint32_t agreement(const uint64_t *pcs, uint32_t count, uint64_t pc) {
  if (count == 0 || pcs[0] != pc) return 0;
  uint32_t agreed = 1;
  while (agreed < count && agreed <= depth && pcs[agreed] == calls[depth - agreed].to - 1) agreed++;
  return agreed;
}

static void show(const char *what, const uint64_t *pcs, uint32_t count, uint8_t end, uint64_t pc) {
  static int shown;
  if (getenv("STEPPER_SHOW") == NULL || shown++ >= 8) return;
  fprintf(stderr, "%s at %lx, end %x\n", what, pc, end);
  for (uint32_t i = 0; i < count || i <= depth; i++) {
    uint64_t truth = i == 0 ? pc : i <= depth ? calls[depth - i].to - 1 : 0;
    fprintf(stderr, "  %2u %12lx truth %12lx\n", i, i < count ? pcs[i] : 0, truth);
  }
}

static void judge(const uint64_t *pcs, uint32_t count, uint8_t end, uint64_t pc) {
  uint32_t agreed = agreement(pcs, count, pc);
  if (agreed == depth + 1 || agreed == MAX_DEPTH) {
    counts.right++;
  } else if (agreed == count && (end & ~SILT_END_GUESSED) != SILT_END_COMPLETE) {
    counts.early++;
    show("early", pcs, count, end, pc);
  } else if ((end & SILT_END_GUESSED) != 0) {
    counts.guessed++;
    show("guessed", pcs, count, end, pc);
  } else {
    counts.wrong++;
    show("wrong", pcs, count, end, pc);
  }
}

// The walk as silt_cfi_unwind does it, but from an interrupted frame.
static void judge_packed(uint64_t pc, uint64_t sp, uint64_t fp) {
  uint64_t pcs[MAX_DEPTH] = {pc};
  uint32_t count = 1;
  struct silt_frame frame = {pc, sp, fp};
  struct silt_bounds bounds;
  silt_bounds_at(&bounds, sp);
  while (count < MAX_DEPTH && count <= depth) {
    struct silt_cfi_entry entry;
    struct silt_cfi_row row;
    uint32_t rule = SILT_RULE_STOP;
    if (silt_cfi_find(pcs[count - 1], &entry) == SILT_CFI_FOUND &&
        silt_cfi_row_at(&entry, pcs[count - 1], &row)) {
      rule = silt_rule_pack(&entry, &row);
    }
    if (rule == SILT_RULE_GENERAL) {
      counts.packed_general++;
      return;
    }
    if ((rule & SILT_RULE_BASE) == SILT_RULE_SPECIAL || !silt_rule_apply(rule, &frame, &bounds)) {
      counts.packed_early++;
      return;
    }
    pcs[count++] = frame.pc - 1;
  }
  uint32_t agreed = agreement(pcs, count, pc);
  if (agreed == depth + 1 || agreed == MAX_DEPTH) {
    counts.packed_right++;
  } else {
    counts.packed_wrong++;
    show("packed wrong", pcs, count, 0, pc);
  }
}

static __attribute__((noinline)) void look(const ucontext_t *context) {
  const greg_t *r = context->uc_mcontext.gregs;
  uint64_t pc = (uint64_t)r[REG_RIP], sp = (uint64_t)r[REG_RSP];
  uint64_t pcs[MAX_DEPTH + 4];
  uint8_t end;
  follow(pc, sp);
  uint32_t count = silt_cfi_unwind(pcs, MAX_DEPTH + 4, &end);
  // This function, its caller, and the trampoline that it returns to come first.
  uint32_t skip = 3;
  counts.instructions++;
  if (!intact()) {
    counts.rewritten++;
  } else {
    if (count > skip) judge(pcs + skip, count - skip, end, pc);
    judge_packed(pc, sp, (uint64_t)r[REG_RBP]);
  }
  last_pc = pc;
  last_sp = sp;
}

static void on_trap(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)info;
  look(context);
  ucontext_t *c = context;
  if (!running) c->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
  __asm__ volatile("");
}

struct stepper_counts stepper_run(void (*function)(void)) {
  static char stack[256 << 10];
  sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
  struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigaction(SIGTRAP, &action, NULL);
  counts = (struct stepper_counts){0};
  depth = 0;
  last_pc = 0;
  running = true;
  __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
  function();
  running = false;
  __asm__ volatile("nop" ::: "memory");
  return counts;
}
