// SPDX-License-Identifier: Apache-2.0
//
// The most recent sampled events. A writer claims a slot by one addition, never waits, and
// overwrites the oldest event. A reader accepts only an event whose sequence and check are right;
// its process may be dead, or may be writing.
#ifndef SILT_RING_H
#define SILT_RING_H

#include "base/base.h"

// Starts to load the slot of the next event into the cache.
void silt_ring_prefetch(struct silt_header *header);

// Publishes an event; fills in `sequence` and `check`. Lock-free, async-signal-safe.
void silt_ring_push(struct silt_header *header, struct silt_event event);

// When the event happened that is so many back, the newest being 1; 0: it is not known. Where it is
// being overwritten, the time may be a later one.
uint64_t silt_ring_time(struct silt_header *header, uint64_t back);

#endif
