// SPDX-License-Identifier: Apache-2.0
//
// Tells nearly every free that its block was never sampled: counts sampled blocks by the KiB of
// address space they start in. May only err towards "maybe": a false "no" would be a phantom leak.
// Lock-free, async-signal-safe. A forked child keeps its parent's counts, which cost it a look into
// its table.
#ifndef SILT_FILTER_H
#define SILT_FILTER_H

#include "base/base.h"

// One counter for each KiB, wrapping at 4 GiB. At the default interval a heap holds one sample in
// 512 KiB, so neighbouring blocks share a cache line of mostly zero counters: 64 KiB of heap to a
// line, and pages of the filter are touched in proportion to the heap.
//
// Measured: ns for the free of a block never sampled, at a random place in 100 GiB, and the share
// that the filter cannot rule out, by samples alive (Zen 4, 1 MiB of L2; medians of three).
//   counters     1,000         10,000         200,000
//   2^20         0.8, 0.09 %   1.1, 0.94 %    9.6, 17.3 %
//   2^22         1.1, 0.02 %   1.5, 0.24 %    3.8, 4.6 %
//   2^24         1.8, 0.00 %   5.7, 0.06 %    6.2, 1.2 %
#define SILT_FILTER_SHIFT 10
#define SILT_FILTER_SIZE (1u << 22)
#define SILT_FILTER_STUCK \
  255u  // a counter that got here stays: it no longer knows how far to go back

extern uint8_t silt_filter[SILT_FILTER_SIZE] SILT_HIDDEN;

static inline uint8_t *silt_filter_counter(uintptr_t address) {
  // Of the address's lower 32 bits, all that the shift leaves.
  return &silt_filter[(uint32_t)address >> SILT_FILTER_SHIFT];
}
_Static_assert(SILT_FILTER_SIZE == UINT32_MAX / (1u << SILT_FILTER_SHIFT) + 1, "silt_filter");

// False: certainly not sampled. The whole price of a free. A plain load, which a compare can take
// from memory: the counter is one byte, and whoever frees a sampled block has seen its insertion.
static inline bool silt_filter_maybe(const void *p) {
  return *silt_filter_counter((uintptr_t)p) != 0;
}

void silt_filter_add(uintptr_t address);
void silt_filter_subtract(uintptr_t address);
// From now on "maybe" for this address and its neighbours.
void silt_filter_pin(uintptr_t address);

#endif
