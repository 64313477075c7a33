// SPDX-License-Identifier: Apache-2.0
//
// Reads the kernel's own structures on the stack.
#define _GNU_SOURCE
#include "cfi/signal.h"

#include "base/os.h"

#if defined(__aarch64__)

#include <signal.h>
#include <ucontext.h>

bool silt_cfi_is_sigreturn(uint64_t pc) {
  enum { MOV_X8_RT_SIGRETURN = 0xd2801168, SVC_0 = 0xd4000001 };
  const uint32_t *code = (const uint32_t *)pc;
  return pc % 4 == 0 && silt_os_readable(pc) && code[0] == MOV_X8_RT_SIGRETURN && code[1] == SVC_0;
}

bool silt_cfi_interrupted(struct silt_registers *registers, struct silt_bounds *bounds) {
  // The kernel has pushed a siginfo_t and a ucontext_t: the stack pointer is at the first. x0 to
  // x30, sp and pc are in it in the order of our numbers.
  uint64_t at =
      registers->value[SILT_REG_SP] + sizeof(siginfo_t) + offsetof(ucontext_t, uc_mcontext.regs);
  for (int number = 0; number < SILT_REGISTERS; number++, at += 8) {
    if (!silt_bounds_read(bounds, at, &registers->value[number])) return false;
  }
  registers->known = (UINT64_C(1) << SILT_REGISTERS) - 1;
  return true;
}

_Static_assert(offsetof(mcontext_t, sp) == offsetof(mcontext_t, regs) + 8 * SILT_REG_SP, "sp");
_Static_assert(offsetof(mcontext_t, pc) == offsetof(mcontext_t, regs) + 8 * SILT_REG_PC, "pc");

#else

bool silt_cfi_is_sigreturn(uint64_t pc) {
  (void)pc;
  return false;
}

bool silt_cfi_interrupted(struct silt_registers *registers, struct silt_bounds *bounds) {
  (void)registers;
  (void)bounds;
  return false;
}

#endif
