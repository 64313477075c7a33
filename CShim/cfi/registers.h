// SPDX-License-Identifier: Apache-2.0
//
// The registers of the machine, numbered as DWARF does, and how to capture those of the caller.
// Here and in rule.h, the two architectures differ most.
#ifndef SILT_CFI_REGISTERS_H
#define SILT_CFI_REGISTERS_H

#include "base/base.h"

#if defined(__x86_64__)
enum {
  SILT_REG_FP = 6,   // rbp
  SILT_REG_SP = 7,   // rsp
  SILT_REG_PC = 16,  // rip; also the column of the return address
  SILT_REGISTERS = 17,
};
// The registers that a function must restore: rbx, rbp, rsp, r12 to r15.
#define SILT_CALLEE_SAVED UINT64_C(0xf0c8)
#elif defined(__aarch64__)
enum {
  SILT_REG_FP = 29,
  SILT_REG_LR = 30,
  SILT_REG_SP = 31,
  SILT_REG_PC = 32,  // no rule of DWARF uses this number
  SILT_REGISTERS = 33,
};
// x19 to x29 and sp.
#define SILT_CALLEE_SAVED UINT64_C(0xbff80000)
#endif

// A frame's registers. A value counts only if its bit is set in `known`.
struct silt_registers {
  uint64_t value[SILT_REGISTERS];
  uint64_t known;
};

static inline bool silt_register_known(const struct silt_registers *registers, uint64_t number) {
  return number < SILT_REGISTERS && (registers->known >> number & 1) != 0;
}

// Captures the callee-saved registers and the pc at the place where it is inlined. That function
// must not return before the walk is over. The pc is behind an instruction there, like a return
// address.
static inline __attribute__((always_inline)) void silt_registers_capture(
    struct silt_registers *registers) {
#if defined(__x86_64__)
  __asm__ volatile(
      "movq %%rbx, 24(%0)\n\t"
      "movq %%rbp, 48(%0)\n\t"
      "movq %%rsp, 56(%0)\n\t"
      "movq %%r12, 96(%0)\n\t"
      "movq %%r13, 104(%0)\n\t"
      "movq %%r14, 112(%0)\n\t"
      "movq %%r15, 120(%0)\n\t"
      "leaq 0f(%%rip), %%rax\n\t"
      "movq %%rax, 128(%0)\n\t"
      "0:"
      :
      : "r"(registers->value)
      : "rax", "memory");
  registers->known = SILT_CALLEE_SAVED | UINT64_C(1) << SILT_REG_PC;
#elif defined(__aarch64__)
  __asm__ volatile(
      "stp x19, x20, [%0, 152]\n\t"
      "stp x21, x22, [%0, 168]\n\t"
      "stp x23, x24, [%0, 184]\n\t"
      "stp x25, x26, [%0, 200]\n\t"
      "stp x27, x28, [%0, 216]\n\t"
      "stp x29, x30, [%0, 232]\n\t"
      "mov x9, sp\n\t"
      "adr x10, 0f\n\t"
      "stp x9, x10, [%0, 248]\n\t"
      "0:"
      :
      : "r"(registers->value)
      : "x9", "x10", "memory");
  registers->known = SILT_CALLEE_SAVED | UINT64_C(1) << SILT_REG_LR | UINT64_C(1) << SILT_REG_PC;
#endif
}

// Removes the pointer signature from a return address as it is in a register or on the stack.
static inline uint64_t silt_return_address(uint64_t value) {
#if defined(__aarch64__)
  // xpaclri, written as a hint: a machine without pointer authentication ignores it.
  register uint64_t x30 __asm__("x30") = value;
  __asm__("hint 7" : "+r"(x30));
  return x30;
#else
  return value;
#endif
}

#endif
