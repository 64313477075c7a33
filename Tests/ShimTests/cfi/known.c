// SPDX-License-Identifier: Apache-2.0
//
// Stacks whose frames are all known: on the way down, each function notes the address that it will
// return to, and the walk at the bottom must find all of them, in order. Through signal handlers
// (on their own stack and on the interrupted one), a fault, fibers, threads, code without
// call-frame information, large and variable frames.
#define _GNU_SOURCE
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "cfi/registers.h"
#include "cfi/walk.h"
#include "include/silt_format.h"

#define NOTE() \
  (noted[notes++] = (uint64_t)__builtin_extract_return_addr(__builtin_return_address(0)) - 1)

static __thread uint64_t noted[256];  // outermost first
static __thread uint32_t notes;
static __thread uint8_t expected_end;
static int failures;
static const char *now;

static void fail(const char *why, const uint64_t *pcs, uint32_t count, uint8_t end) {
  printf("known: %s: %s, end %x\n", now, why, end);
  for (uint32_t i = 0; i < count; i++) printf("  %2u %lx\n", i, pcs[i]);
  for (uint32_t i = notes; i-- > 0;) printf("  noted %lx\n", noted[i]);
  failures++;
}

// The noted frames must be in the stack, in order and without a gap.
static __attribute__((noinline)) void look(void) {
  uint64_t pcs[SILT_MAX_DEPTH];
  uint8_t end = 0xff;
  uint32_t count = silt_cfi_unwind(pcs, SILT_MAX_DEPTH, &end), first = 0;
  while (first < count && pcs[first] != noted[notes - 1]) first++;
  for (uint32_t i = 0; i < notes; i++) {
    if (first + i >= count || pcs[first + i] != noted[notes - 1 - i]) {
      fail("a frame is missing", pcs, count, end);
      return;
    }
  }
  if (end != expected_end) fail("another end", pcs, count, end);
}

static void (*bottom)(void);

static __attribute__((noinline)) uint64_t narrow(uint64_t n);
static __attribute__((noinline)) uint64_t variable(uint64_t n);
static __attribute__((noinline)) uint64_t large(uint64_t n);

static uint64_t deeper(uint64_t n) {
  if (n == 0) {
    bottom();
    return 0;
  }
  return n % 3 == 0 ? narrow(n - 1) : n % 3 == 1 ? variable(n - 1) : large(n - 1);
}

static uint64_t narrow(uint64_t n) {
  NOTE();
  uint64_t below = deeper(n) + n;
  notes--;
  return below;
}

static uint64_t variable(uint64_t n) {
  NOTE();
  volatile char *block = alloca(n * 100 + 16);
  block[n] = (char)n;
  uint64_t below = deeper(n) + (uint64_t)block[n];
  notes--;
  return below;
}

static uint64_t large(uint64_t n) {
  NOTE();
  volatile char block[20000];
  block[n] = (char)n;
  uint64_t below = deeper(n) + (uint64_t)block[n];
  notes--;
  return below;
}

static __attribute__((noinline)) void descend(const char *name, uint64_t n, uint8_t end,
                                              void (*at_bottom)(void)) {
  now = name;
  bottom = at_bottom;
  expected_end = end;
  narrow(n);
}

static void handler(int signal) {
  (void)signal;
  look();
}

static void raise_here(void) {
  raise(SIGUSR1);
}

static void raise_elsewhere(void) {
  raise(SIGUSR2);
}

// The interrupted frame's pc is the faulting instruction itself.
static void on_fault(int signal, siginfo_t *info, void *context) {
  (void)signal;
  (void)info;
  ucontext_t *c = context;
  uint64_t pcs[SILT_MAX_DEPTH];
  uint8_t end;
#if defined(__x86_64__)
  uint64_t pc = (uint64_t)c->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
  uint64_t pc = c->uc_mcontext.pc;
#endif
  uint32_t count = silt_cfi_unwind(pcs, SILT_MAX_DEPTH, &end), at = 0;
  while (at < count && pcs[at] != pc) at++;
  if (at == count) fail("the faulting instruction is missing", pcs, count, end);
  look();
#if defined(__x86_64__)
  c->uc_mcontext.gregs[REG_RIP] += 3;
#elif defined(__aarch64__)
  c->uc_mcontext.pc += 4;
#endif
}

// A leaf that faults: it has no frame, and on aarch64 its return address is in a register.
static __attribute__((noinline)) void fault(void) {
#if defined(__x86_64__)
  __asm__ volatile("movq (%0), %%rax" : : "D"(8L) : "rax");
#elif defined(__aarch64__)
  __asm__ volatile("ldr x9, [%0]" : : "r"(8L) : "x9");
#endif
}

static void fault_below(void) {
  fault();
  __asm__ volatile("");
}

// Without call-frame information, but with a frame pointer.
void call_without_cfi(void (*function)(void));
#if defined(__x86_64__)
__asm__(
    ".pushsection .text\n"
    ".globl call_without_cfi\n"
    ".type call_without_cfi, @function\n"
    "call_without_cfi:\n"
    "push %rbp\n"
    "mov %rsp, %rbp\n"
    "sub $48, %rsp\n"
    "call *%rdi\n"
    "leave\n"
    "ret\n"
    ".size call_without_cfi, . - call_without_cfi\n"
    ".popsection\n");
#elif defined(__aarch64__)
__asm__(
    ".pushsection .text\n"
    ".globl call_without_cfi\n"
    ".type call_without_cfi, %function\n"
    "call_without_cfi:\n"
    "stp x29, x30, [sp, -64]!\n"
    "mov x29, sp\n"
    "stp xzr, xzr, [sp, 16]\n"
    "stp xzr, xzr, [sp, 32]\n"
    "stp xzr, xzr, [sp, 48]\n"
    "blr x0\n"
    "ldp x29, x30, [sp], 64\n"
    "ret\n"
    ".size call_without_cfi, . - call_without_cfi\n"
    ".popsection\n");
#endif

static void through_unknown(void) {
  call_without_cfi(look);
  __asm__ volatile("");
}

static ucontext_t home, fiber;

static void in_fiber(void) {
  NOTE();
  notes = 0;
  descend("fiber", 6, SILT_END_COMPLETE, look);
}

static void run_fiber(void *stack, size_t size) {
  uint32_t saved = notes;
  getcontext(&fiber);
  fiber.uc_stack.ss_sp = stack;
  fiber.uc_stack.ss_size = size;
  fiber.uc_link = &home;
  makecontext(&fiber, in_fiber, 0);
  swapcontext(&home, &fiber);
  notes = saved;
}

static void cut_short(void) {
  uint64_t pcs[4] = {0, 0, 0, 42};
  uint8_t end;
  uint32_t count = silt_cfi_unwind(pcs, 3, &end);
  if (count != 3 || end != SILT_END_DEPTH || pcs[3] != 42)
    fail("not cut at three", pcs, count, end);
  if (silt_cfi_unwind(pcs, 0, &end) != 0) fail("wrote where it may not", pcs, 0, end);
}

static void everything(void) {
  static __thread char signal_stack[64 << 10];
  sigaltstack(&(stack_t){.ss_sp = signal_stack, .ss_size = sizeof signal_stack}, NULL);
  descend("plain", 30, SILT_END_COMPLETE, look);
  descend("signal on this stack", 20, SILT_END_COMPLETE, raise_here);
  descend("signal on its own stack", 20, SILT_END_COMPLETE, raise_elsewhere);
  descend("fault", 9, SILT_END_COMPLETE, fault_below);
  descend("without call-frame information", 9, SILT_END_COMPLETE | SILT_END_GUESSED,
          through_unknown);
  descend("cut short", 9, SILT_END_COMPLETE, cut_short);
}

static void *on_thread(void *argument) {
  everything();
  return argument;
}

int main(void) {
  pthread_t thread;
  struct sigaction here = {.sa_handler = handler}, elsewhere = {.sa_handler = handler};
  struct sigaction faults = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  elsewhere.sa_flags = SA_ONSTACK;
  silt_cfi_init();
  sigaction(SIGUSR1, &here, NULL);
  sigaction(SIGUSR2, &elsewhere, NULL);
  sigaction(SIGSEGV, &faults, NULL);
  everything();
  pthread_create(&thread, NULL, on_thread, NULL);
  pthread_join(thread, NULL);
  void *stack = malloc(256 << 10);
  run_fiber(stack, 256 << 10);
  free(stack);
  printf("known: %s\n", failures == 0 ? "every frame found" : "failed");
  return failures != 0;
}
