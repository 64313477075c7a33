// SPDX-License-Identifier: Apache-2.0
//
// The last sampled events. Writers claim a slot by one addition and never wait; the oldest event is
// overwritten. A reader, also of a dead process's file, takes an event whose sequence and check are
// right.
#ifndef SILT_RING_H
#define SILT_RING_H

#include "base/base.h"

// Brings the slot that the next event will be written to into the cache.
void silt_ring_prefetch(struct silt_header *header);

// Publishes an event; `sequence` and `check` are filled in here. Lock-free, async-signal-safe.
void silt_ring_push(struct silt_header *header, struct silt_event event);

#endif
