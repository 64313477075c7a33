// SPDX-License-Identifier: Apache-2.0
//
// Which process this memory belongs to, so that a fork is noticed without a system call on the way.
// A forked child owns its memory from the first check on; a vfork or CLONE_VM child runs in its
// parent's memory and never does. Lock-free and async-signal-safe.
#ifndef SILT_OWNER_H
#define SILT_OWNER_H

#include "base/base.h"

// From the constructor, or at the latest before the first session. False without memory.
bool silt_owner_claim(void);

// Whether this memory has been claimed and is in order. In a forked child the first caller has
// `forget` drop what was the parent's, with all signals blocked; other threads get false meanwhile.
bool silt_owner_check(void (*forget)(void));

// False in a vfork or CLONE_VM child, and in a forked child before its first check. One system
// call.
bool silt_owner_is_this_process(void);

// How often this process has been forked since the shim was loaded: a new value, a new process.
uint32_t silt_owner_generation(void);

#endif
