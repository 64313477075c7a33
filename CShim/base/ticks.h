// SPDX-License-Identifier: Apache-2.0
//
// The counter of the processor: the cheapest clock, without a call. Its ticks become times only by
// comparison with a clock of the kernel. Never read in a sandbox that forbids the clock: there the
// instruction is a fault.
#ifndef SILT_TICKS_H
#define SILT_TICKS_H

#include "base/base.h"

static inline uint64_t silt_ticks(void) {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  uint64_t ticks;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#endif
}

// How many there are in a second: within a factor of three on x86-64, which does not say.
static inline uint64_t silt_ticks_in_a_second(void) {
#if defined(__x86_64__)
  return UINT64_C(1) << 31;
#else
  uint64_t frequency;
  __asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
  return frequency;
#endif
}

#endif
