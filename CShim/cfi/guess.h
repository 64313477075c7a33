// SPDX-License-Identifier: Apache-2.0
//
// The step out of code without call-frame information (compiled at run time, or hand-written). It
// follows the frame pointer, if that points at what looks like a frame. The result is likely, not
// proven: callers flag it. Any thread, any signal handler.
#ifndef SILT_CFI_GUESS_H
#define SILT_CFI_GUESS_H

#include "cfi/rule.h"

// Whether the instruction before `pc`, a return address, is a call. If it is not, the program built
// this frame itself: it is the first frame of a fiber (makecontext and the like).
bool silt_cfi_was_called(uint64_t pc);

// Replaces `frame` with its likely caller's; false if there is none.
bool silt_cfi_guess(struct silt_frame *frame, struct silt_bounds *bounds);

#endif
