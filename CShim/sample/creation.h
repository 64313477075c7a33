// SPDX-License-Identifier: Apache-2.0
//
// Records that a thread is about to be created, with the stack of its creator. Every creation is
// recorded, none is sampled, so the first one of a process begins its session. What happens to the
// record afterwards is the business of tables/threads.h.
#ifndef SILT_CREATION_H
#define SILT_CREATION_H

#include "tables/threads.h"

// By the creator, before the thread is made. NULL: forward the call unrecorded; the loss is
// counted. Lock-free; preserves errno.
struct silt_launch *silt_creation_record(struct silt_call call, uint64_t stack_size);

#endif
