// SPDX-License-Identifier: Apache-2.0
//
// The sampled allocations that are alive: an exact table in the session, behind the filter.
//
// All calls are lock-free and async-signal-safe. An entry is inserted before its address is handed
// out and taken out before the block is really freed, so no two threads ever work on one address,
// unless the program frees twice.
#ifndef SILT_LIVE_H
#define SILT_LIVE_H

#include "base/base.h"

struct silt_live_entry {
  uint64_t address, size, time;
  uint32_t site, thread;
};

// For the first session: how much memory is kept outside the file, and where it is; all zero.
uint64_t silt_live_size(void);
void silt_live_open(void *memory);

// Brings what an insertion of this address will touch into the cache.
void silt_live_prefetch(struct silt_header *header, uint64_t address);

// False if there is no room; nothing is changed then.
bool silt_live_insert(struct silt_header *header, const struct silt_live_entry *entry);

// Takes the entry of an address out; false if there is none. Always possible, whatever is full.
bool silt_live_remove(struct silt_header *header, uint64_t address, struct silt_live_entry *entry);

#endif
