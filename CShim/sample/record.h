// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a sample: stack, site, live entry, ring event, in that order; and of its free.
// All calls are lock-free, async-signal-safe and preserve errno.
#ifndef SILT_RECORD_H
#define SILT_RECORD_H

#include "base/base.h"
#include "tables/live.h"

// After the next allocator returned p and before the program sees it. Does nothing for NULL, for
// what the shim's own searches allocate, or if the sampler says that this one is not due.
void silt_record_alloc(const void *p, uint64_t size);

// Before the block is really freed or moved: takes its live entry out. False if it was not sampled.
bool silt_record_take(const void *p, struct silt_live_entry *entry);
// The taken entry's block is gone.
void silt_record_freed(const struct silt_live_entry *entry);
// It is not: the realloc failed.
void silt_record_put_back(const struct silt_live_entry *entry);

#endif
