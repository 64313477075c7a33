// SPDX-License-Identifier: Apache-2.0
//
// A head is a filter and the first element: filter << 32 | element. Each element of the chain has
// set one bit of the filter, by the highest bits of its hash.
#include "tables/heads.h"

#include "base/os.h"
#include "session/owner.h"

enum { LEVELS = 3, LEVEL0_LOG2 = 10, GROWTH_LOG2 = 4 };
#define HEADS ((1u << 10) + (1u << 14) + (1u << 18))

static uint64_t (*heads)[HEADS];  // SILT_CHAIN_COUNT of them
#define HEADS_SIZE (SILT_CHAIN_COUNT * sizeof *heads)

uint64_t silt_heads_size(void) {
  return HEADS_SIZE;
}

void silt_heads_open(void *memory) {
  heads = memory;
}

static uint32_t heads_generation;  // of the process whose session the heads lead into

void silt_heads_follow_session(void) {
  uint32_t before = load_acquire(&heads_generation), now = silt_owner_generation();
  if (SILT_LIKELY(before == now)) return;
  silt_os_discard(heads, HEADS_SIZE);
  cas_acq_rel(&heads_generation, &before, now);
}

// A run is about 16 words.
static uint64_t heads_elements(enum silt_chain chain, uint64_t index) {
  return chain == SILT_CHAIN_RUNS ? index >> 4 : index;
}

// The first level serves twice as many elements as it has heads.
static uint32_t heads_level(enum silt_chain chain, uint64_t index) {
  uint64_t elements = heads_elements(chain, index);
  uint32_t level = 0;
  while (level + 1 < LEVELS && elements >> (LEVEL0_LOG2 + 1 + GROWTH_LOG2 * level)) level++;
  return level;
}

uint32_t silt_heads_levels(enum silt_chain chain, uint64_t elements) {
  return heads_level(chain, elements) + 1;
}

uint32_t silt_heads_longest(enum silt_chain chain, uint64_t elements) {
  uint64_t mean = heads_elements(chain, elements) >> (LEVEL0_LOG2 + (LEVELS - 1) * GROWTH_LOG2);
  return (uint32_t)(64 + 4 * mean);
}

static uint64_t *heads_at(enum silt_chain chain, uint32_t level, uint64_t hash) {
  uint32_t first = 0;
  for (uint32_t below = 0; below < level; below++)
    first += 1u << (LEVEL0_LOG2 + GROWTH_LOG2 * below);
  return &heads[chain][first + (hash & ((1u << (LEVEL0_LOG2 + GROWTH_LOG2 * level)) - 1))];
}

static uint64_t heads_bit(uint64_t hash) {
  return UINT64_C(1) << (32 + (hash >> 59));
}

uint32_t silt_heads_first(enum silt_chain chain, uint32_t level, uint64_t hash) {
  uint64_t head = load_acquire(heads_at(chain, level, hash));  // pairs with silt_heads_push
  return head & heads_bit(hash) ? (uint32_t)head : 0;
}

void silt_heads_push(enum silt_chain chain, uint64_t hash, uint32_t element, uint32_t *next,
                     uint32_t mark) {
  uint64_t *head = heads_at(chain, heads_level(chain, element), hash);
  uint64_t before = load_acquire(head), after;
  do {
    store_relaxed(next, (uint32_t)before | mark);
    after = (before >> 32 << 32) | heads_bit(hash) | element;
  } while (!cas_acq_rel(head, &before, after));
}
