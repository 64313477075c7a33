// SPDX-License-Identifier: Apache-2.0
//
// Walks a stack with all registers, for the frames that a packed rule cannot describe: signal
// frames, lazy binding (whose CFA is in rbx), some assembly. Caches nothing: each frame costs a
// look-up and a run of its program, about 0.3 us. The same contract of threads and signals as
// walk.h.
#ifndef SILT_CFI_GENERAL_H
#define SILT_CFI_GENERAL_H

#include "cfi/registers.h"

// As silt_cfi_unwind, but from the function whose registers are `start`; that function itself is
// left out. Without may_guess, code that has no call-frame information ends the stack.
uint32_t silt_cfi_walk_general(const struct silt_registers *start, bool may_guess, uint64_t *pcs,
                               uint32_t max, uint8_t *end);

#endif
