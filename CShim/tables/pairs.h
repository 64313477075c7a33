// SPDX-License-Identifier: Apache-2.0
//
// A cache from a 64-bit key to a value that is not 0, shared by all threads: what is lost or
// overwritten costs a look-up and nothing else. It grows while it must forget. The key holds all
// that the value depends on, also which process asks (tables/moment.h), so nothing is ever
// cleared: what is out of date is no longer found.
//
// Lock-free, any thread, any signal handler. A pair that is read while it is written does not
// match: its check is of both, key and value.
#ifndef SILT_PAIRS_H
#define SILT_PAIRS_H

#include "base/os.h"

struct silt_pair {
  uint64_t check, value;
};

#define SILT_PAIRS_WAYS 4u  // a set is a cache line

struct silt_pairs {
  struct silt_pair *pairs;  // NULL until the first is put
  uint32_t mask;            // sets in use - 1
  uint32_t most;            // sets there are - 1
  uint32_t evicted;         // since it has grown
};

static inline struct silt_pair *silt_pairs_set(struct silt_pairs *pairs, uint64_t key) {
  struct silt_pair *all = load_acquire(&pairs->pairs);  // pairs with silt_pairs_begin
  return SILT_LIKELY(all) ? all + (key & load_relaxed(&pairs->mask)) * SILT_PAIRS_WAYS : NULL;
}

// False without memory: then nothing is remembered.
static inline bool silt_pairs_begin(struct silt_pairs *pairs) {
  size_t size = (pairs->most + 1) * SILT_PAIRS_WAYS * sizeof(struct silt_pair);
  struct silt_pair *none = NULL;
  void *all;
  if (silt_os_map_private(size, &all)) return false;
  if (!cas_acq_rel(&pairs->pairs, &none, (struct silt_pair *)all)) silt_os_unmap(all, size);
  return true;
}

static inline uint64_t silt_pairs_check(uint64_t key, uint64_t value) {
  return key ^ value * UINT64_C(0x9e3779b97f4a7c15);
}

// 0: not here.
static inline uint64_t silt_pairs_get(struct silt_pairs *pairs, uint64_t key) {
  struct silt_pair *set = silt_pairs_set(pairs, key);
  if (SILT_UNLIKELY(!set)) return 0;
  for (uint32_t way = 0; way < SILT_PAIRS_WAYS; way++) {
    // Acquire: who finds an id also sees the element that it leads to. Pairs with silt_pairs_put.
    uint64_t value = load_acquire(&set[way].value);
    if (value && load_relaxed(&set[way].check) == silt_pairs_check(key, value)) return value;
  }
  return 0;
}

static inline void silt_pairs_grow(struct silt_pairs *pairs) {
  uint32_t mask = load_relaxed(&pairs->mask);
  if (mask == pairs->most || add_relaxed(&pairs->evicted, 1u) < mask / 4) return;
  store_relaxed(&pairs->evicted, 0u);
  store_relaxed(&pairs->mask, 2 * mask + 1);
}

static inline void silt_pairs_put(struct silt_pairs *pairs, uint64_t key, uint64_t value) {
  if (SILT_UNLIKELY(!load_acquire(&pairs->pairs)) && !silt_pairs_begin(pairs)) return;
  struct silt_pair *set = silt_pairs_set(pairs, key);
  uint32_t way = 0;
  while (way < SILT_PAIRS_WAYS && load_relaxed(&set[way].value)) way++;
  if (way == SILT_PAIRS_WAYS) {
    way = (uint32_t)(silt_mix(key) >> 32) % SILT_PAIRS_WAYS;
    silt_pairs_grow(pairs);
  }
  store_relaxed(&set[way].check, silt_pairs_check(key, value));
  store_release(&set[way].value, value);  // pairs with the acquire in silt_pairs_get
}

#endif
