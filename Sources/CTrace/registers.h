// SPDX-License-Identifier: Apache-2.0
//
// The registers that ptrace(2) returns, by libunwind's numbers. No other file of the analyzer may
// depend on the machine.
#pragma once
#include <libunwind.h>
#include <stddef.h>
#include <sys/user.h>

#if defined(__x86_64__)

// Bytes below the stack pointer that a function may use, by the machine's calling convention.
enum { silt_red_zone = 128 };

static inline unw_word_t silt_stack_pointer(const struct user_regs_struct *registers) {
  return registers->rsp;
}

// NULL for a register that unwinding does not need.
static inline const unsigned long long *silt_register(const struct user_regs_struct *registers,
                                                      unw_regnum_t number) {
  switch (number) {
    case UNW_X86_64_RAX:
      return &registers->rax;
    case UNW_X86_64_RDX:
      return &registers->rdx;
    case UNW_X86_64_RCX:
      return &registers->rcx;
    case UNW_X86_64_RBX:
      return &registers->rbx;
    case UNW_X86_64_RSI:
      return &registers->rsi;
    case UNW_X86_64_RDI:
      return &registers->rdi;
    case UNW_X86_64_RBP:
      return &registers->rbp;
    case UNW_X86_64_RSP:
      return &registers->rsp;
    case UNW_X86_64_R8:
      return &registers->r8;
    case UNW_X86_64_R9:
      return &registers->r9;
    case UNW_X86_64_R10:
      return &registers->r10;
    case UNW_X86_64_R11:
      return &registers->r11;
    case UNW_X86_64_R12:
      return &registers->r12;
    case UNW_X86_64_R13:
      return &registers->r13;
    case UNW_X86_64_R14:
      return &registers->r14;
    case UNW_X86_64_R15:
      return &registers->r15;
    case UNW_X86_64_RIP:
      return &registers->rip;
    default:
      return NULL;
  }
}

#elif defined(__aarch64__)

enum { silt_red_zone = 0 };

static inline unw_word_t silt_stack_pointer(const struct user_regs_struct *registers) {
  return registers->sp;
}

static inline const unsigned long long *silt_register(const struct user_regs_struct *registers,
                                                      unw_regnum_t number) {
  if (number >= UNW_AARCH64_X0 && number <= UNW_AARCH64_X30)
    return &registers->regs[number - UNW_AARCH64_X0];
  if (number == UNW_AARCH64_SP) return &registers->sp;
  if (number == UNW_AARCH64_PC) return &registers->pc;
  if (number == UNW_AARCH64_PSTATE) return &registers->pstate;
  return NULL;
}

#else
#error "registers of this machine are not known"
#endif
