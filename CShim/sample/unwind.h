// SPDX-License-Identifier: Apache-2.0
//
// The calling thread's stack by the unwinder that SILT_UNWIND names. The shim's own frames never
// show.
#ifndef SILT_UNWIND_H
#define SILT_UNWIND_H

#include "base/base.h"

// From the constructor: makes first calls cheap, and loads libunwind if it was asked for. If that
// cannot be had, the default stays and silt_config.unwind says so.
void silt_unwind_init(void);

// What the caller provides: the shim's own frames are walked first, and dropped. On small stacks
// there is room for one such array.
#define SILT_UNWIND_ROOM (SILT_MAX_DEPTH + 8u)

// Writes up to SILT_MAX_DEPTH pcs, leaf first; returns how many. *end: why the walk ended.
// Preserves errno. Takes no lock and allocates nothing, unless libunwind does. Async-signal-safe to
// the same extent.
uint32_t silt_unwind(uint64_t pcs[SILT_UNWIND_ROOM], uint8_t *end);

#endif
