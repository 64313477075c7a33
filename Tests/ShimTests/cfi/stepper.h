// SPDX-License-Identifier: Apache-2.0
//
// Runs a function one instruction at a time (the processor's trap flag) and, between any two,
// unwinds the interrupted stack in every way we have and compares it with the truth: the stack of
// calls made and returned from, as the stepper itself saw them. So it needs no other unwinder.
#ifndef SILT_TEST_STEPPER_H
#define SILT_TEST_STEPPER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct stepper_counts {
  uint64_t instructions;
  uint64_t right;    // every frame of the truth, in order
  uint64_t early;    // a beginning of the truth, and the end says so
  uint64_t guessed;  // wrong, but flagged as guessed
  uint64_t wrong;
  uint64_t rewritten;     // not judged: a return address was written over (an exception on its way)
  uint64_t packed_right;  // the same by packed rules alone
  uint64_t packed_early;
  uint64_t packed_general;  // a packed rule that asks for the general walk
  uint64_t packed_wrong;
};

// Not reentrant; one thread.
struct stepper_counts stepper_run(void (*function)(void));

#ifdef __cplusplus
}
#endif

#endif
