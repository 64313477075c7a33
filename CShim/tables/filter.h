// SPDX-License-Identifier: Apache-2.0
//
// Tells nearly every free that its block was never sampled: counts the sampled blocks that start in
// each KiB of address space. A wrong "maybe" costs a search in the live table; a wrong "no" would
// be a leak that does not exist, and must never happen. Lock-free, async-signal-safe. A forked
// child keeps its parent's counts, which costs it some searches.
#ifndef SILT_FILTER_H
#define SILT_FILTER_H

#include "base/base.h"

// One counter for each KiB; addresses that differ by 4 GiB share one. At the default interval a
// heap has one sample in 512 KiB, so most counters are 0, and a cache line of them serves 64 KiB of
// heap. Pages of the filter are touched in proportion to the heap.
//
// Measured: ns for the free of a block never sampled, at a random place in 100 GiB, and the share
// that the filter cannot rule out, by samples alive (Zen 4, 1 MiB of L2; medians of three).
//   counters     1,000         10,000         200,000
//   2^20         0.8, 0.09 %   1.1, 0.94 %    9.6, 17.3 %
//   2^22         1.1, 0.02 %   1.5, 0.24 %    3.8, 4.6 %
//   2^24         1.8, 0.00 %   5.7, 0.06 %    6.2, 1.2 %
#define SILT_FILTER_SHIFT 10
#define SILT_FILTER_SIZE (1u << 22)
// A counter that has reached this value stays there: it no longer knows how many blocks there are.
#define SILT_FILTER_STUCK 255u

extern uint8_t silt_filter[SILT_FILTER_SIZE] SILT_HIDDEN;

static inline uint8_t *silt_filter_counter(uintptr_t address) {
  // The low 32 bits of the address, in units of a KiB.
  return &silt_filter[(uint32_t)address >> SILT_FILTER_SHIFT];
}
_Static_assert(SILT_FILTER_SIZE == UINT32_MAX / (1u << SILT_FILTER_SHIFT) + 1, "silt_filter");

// False: certainly not sampled. This is all that most frees cost. A plain load is enough, and is
// one instruction less: the counter is one byte, and the thread that frees a sampled block has
// received its address after the counter was raised.
static inline bool silt_filter_maybe(const void *p) {
  return *silt_filter_counter((uintptr_t)p) != 0;
}

// From the constructor, on musl: its loader maps the file where a read-only segment is longer than
// what the file has of it, and a load from there is a SIGBUS.
void silt_filter_map(void);

// Makes the filter writable, for the first session. False without memory.
bool silt_filter_open(void);

void silt_filter_add(uintptr_t address);
void silt_filter_subtract(uintptr_t address);
// Makes the answer "maybe" for ever, for this address and those that share its counter. Also before
// there is a session; false if there is no memory for it.
bool silt_filter_pin(uintptr_t address);

#endif
