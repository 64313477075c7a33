// SPDX-License-Identifier: Apache-2.0
//
// The stack of the calling thread, walked by the unwinder that SILT_UNWIND names, without the
// frames of the shim itself.
#ifndef SILT_UNWIND_H
#define SILT_UNWIND_H

#include "base/base.h"

// From the constructor: finds the main thread's stack, and loads libunwind if it was asked for. If
// libunwind cannot be loaded, silt_config.unwind is set back to the default.
void silt_unwind_init(void);

// The size of the caller's array: the shim's own frames are walked first and then removed. Have
// only one such array on the stack, which may be small.
#define SILT_UNWIND_ROOM (SILT_MAX_DEPTH + 8u)

// Writes up to SILT_MAX_DEPTH pcs, leaf first; returns how many. *end says why the walk ended.
// Preserves errno. With libunwind it may lock and allocate; else it does neither and is
// async-signal-safe.
uint32_t silt_unwind(uint64_t pcs[SILT_UNWIND_ROOM], uint8_t *end);

// Walks this thread's stack for nothing but what the walk proves of it: before the thread may make
// no system call any more.
void silt_unwind_prove(void);

#endif
