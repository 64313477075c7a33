// SPDX-License-Identifier: Apache-2.0
//
// The stack that the stand-in for the unwinder gives, for each thread.
#ifndef GIVEN_H
#define GIVEN_H

#include "base/base.h"

// The stack that the next walk finds.
extern __thread uint64_t given_pcs[SILT_MAX_DEPTH];
extern __thread uint32_t given_depth;
extern __thread uint8_t given_end;
// Called once during the next walk, as a signal handler would be.
extern __thread void (*given_interruption)(void);

#endif
