// SPDX-License-Identifier: Apache-2.0
//
// What the stand-ins of outside.c answer on the calling thread.
#ifndef OUTSIDE_H
#define OUTSIDE_H

#include "base.h"

// The stack that the next walk finds.
extern __thread uint64_t outside_pcs[SILT_MAX_DEPTH];
extern __thread uint32_t outside_depth;
extern __thread uint8_t outside_end;
// Called once in the midst of the next walk, as a signal handler would be.
extern __thread void (*outside_interruption)(void);

#endif
