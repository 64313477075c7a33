// SPDX-License-Identifier: Apache-2.0
//
// The stack by libgcc's unwinder. It is slow and caches nothing, so it is right also where code is
// loaded and unloaded.
#ifndef SILT_TEST_LIBGCC_H
#define SILT_TEST_LIBGCC_H

#include <stdint.h>
#include <unwind.h>

struct libgcc_trace {
  void **pcs;
  int depth, max;
};

static _Unwind_Reason_Code libgcc_step(struct _Unwind_Context *context, void *argument) {
  struct libgcc_trace *trace = argument;
  void *pc = (void *)_Unwind_GetIP(context);
  if (trace->depth >= 0 && trace->depth < trace->max && pc) trace->pcs[trace->depth] = pc;
  if (pc && trace->depth < trace->max) trace->depth++;
  return _URC_NO_REASON;
}

// Return addresses from the caller of this function on; returns how many.
static __attribute__((noinline)) int libgcc_walk(void **pcs, int max) {
  struct libgcc_trace trace = {pcs, -1, max};  // -1: the first frame is that of this function
  _Unwind_Backtrace(libgcc_step, &trace);
  return trace.depth;
}

#endif
