// SPDX-License-Identifier: Apache-2.0
//
// Where the program stands: its stack walked under the re-entrancy guard, and entered in the
// session. Knows nothing of what is recorded there. All calls are lock-free and async-signal-safe.
#ifndef SILT_CAPTURE_H
#define SILT_CAPTURE_H

#include "base/base.h"

// Sets and clears the guard around a recording; see silt_thread.recording. False: this thread is
// recording already.
static inline __attribute__((always_inline)) bool silt_capture_begin(void) {
  uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  if (here < silt_thread.recording) return false;
  silt_thread.recording = here;
  signal_fence();
  return true;
}

static inline void silt_capture_end(void) {
  signal_fence();
  silt_thread.recording = 0;
}

// The calling thread's stack, or as much of it as there is room for; never 0. A stack that the walk
// had to cut is counted as a loss.
uint32_t silt_capture_stack(struct silt_header *header);

// The site of allocations of `size` bytes at the calling thread's stack; never 0. What the stack
// lost, and the tier that it was kept in, are counted with `size` bytes. `step` is that of the
// interval.
uint32_t silt_capture_site(struct silt_header *header, uint64_t size, uint32_t step);

#endif
