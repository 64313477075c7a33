// SPDX-License-Identifier: Apache-2.0
//
// The step out of code without call-frame information (just-in-time compiled, hand-written):
// follows the frame pointer, if what it points at looks like a frame. Any thread, any signal
// handler.
#ifndef SILT_CFI_GUESS_H
#define SILT_CFI_GUESS_H

#include "cfi/rule.h"

// Whether a call stands before `pc`, a return address. Where none does, the frame was never called
// but made by hand: a fiber (makecontext and its kind) begins there.
bool silt_cfi_was_called(uint64_t pc);

// Replaces `frame` with its likely caller's; false if there is none.
bool silt_cfi_guess(struct silt_frame *frame, struct silt_bounds *bounds);

#endif
