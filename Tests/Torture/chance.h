// SPDX-License-Identifier: Apache-2.0
//
// A seeded generator: splitmix64. Each thread, child and handler has its own, so that a seed gives
// each the same course, whatever the order they run in.
#ifndef CHANCE_H
#define CHANCE_H

#include "include/silt_format.h"

struct chance {
  uint64_t state;
};

static inline uint64_t chance_bits(struct chance *c) {
  c->state += UINT64_C(0x9e3779b97f4a7c15);
  return silt_mix(c->state);
}

static inline uint64_t chance_below(struct chance *c, uint64_t limit) {
  return chance_bits(c) % limit;
}

static inline uint64_t chance_size(struct chance *c) {
  unsigned shift = (unsigned)chance_below(c, 100);
  // Mostly small, at times none at all, now and then beyond the threshold of mmap.
  uint64_t most = UINT64_C(1) << (shift < 90 ? shift % 12 : shift < 99 ? 14 : 18);
  return chance_below(c, most + 1);
}

#endif
