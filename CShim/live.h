// SPDX-License-Identifier: Apache-2.0
//
// The sampled allocations that are alive, and the filter in front of them that tells nearly every free
// that its block was never sampled.
//
// The table is exact and lives in the session; the filter counts sampled blocks by the KiB of address
// space they start in, and may only err towards "maybe". All calls are lock-free and async-signal-safe. An entry is
// inserted before its address is handed out and taken out before the block is really freed, so no two
// threads ever work on one address, unless the program frees twice.
#ifndef SILT_LIVE_H
#define SILT_LIVE_H

#include "base.h"

// One counter for each KiB, wrapping at 4 GiB. At the default interval a heap holds one sample in 512 KiB,
// so neighbouring blocks share a cache line of mostly zero counters: 64 KiB of heap to a line, and pages
// of the filter are touched in proportion to the heap.
#define SILT_FILTER_SHIFT 10
#define SILT_FILTER_SIZE (1u << 22)
#define SILT_FILTER_STUCK 255u  // a counter that got here stays: it no longer knows how far to go back

extern uint8_t silt_filter[SILT_FILTER_SIZE] __attribute__((visibility("hidden")));

static inline uint8_t *silt_filter_counter(uintptr_t address) {
  return &silt_filter[(address >> SILT_FILTER_SHIFT) & (SILT_FILTER_SIZE - 1)];
}

// False: certainly not sampled. The whole price of a free.
static inline bool silt_filter_maybe(const void *p) {
  return load_relaxed(silt_filter_counter((uintptr_t)p)) != 0;
}

// From now on "maybe" for this address and its neighbours.
void silt_filter_pin(uintptr_t address);

struct silt_live_entry {
  uint64_t address, size, time;
  uint32_t site, thread;
};

// False if there is no room; nothing is changed then.
bool silt_live_insert(struct silt_header *header, const struct silt_live_entry *entry);

// Takes the entry of an address out; false if there is none. Always possible, whatever is full.
bool silt_live_remove(struct silt_header *header, uint64_t address, struct silt_live_entry *entry);

#endif
