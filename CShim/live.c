// SPDX-License-Identifier: Apache-2.0
//
// Levels of doubling size, each a hash table probed over a fixed window: insertion and removal take
// a bounded number of steps, and a process with few samples pays for a small table only.
#include "live.h"

#include "filter.h"
#include "session.h"

// Slots of a window. Eight slots of 32 bytes: four or five cache lines in a row.
#define WINDOW 8u

static struct silt_live *slot_at(struct silt_header *header, uint64_t level, uint64_t hash,
                                 uint32_t i) {
  uint64_t size = SILT_LIVE_LEVEL0 << level;
  uint64_t before = SILT_LIVE_LEVEL0 * ((UINT64_C(1) << level) - 1);
  return silt_region_at(header, SILT_REGION_LIVE, before + ((hash + i) & (size - 1)));
}

static uint64_t level_count(uint64_t slots) {
  return slots ? 64 - (uint64_t)__builtin_clzll(slots / SILT_LIVE_LEVEL0) : 0;
}

void silt_live_prefetch(struct silt_header *header, uint64_t address) {
  uint64_t slots = load_acquire(&header->regions[SILT_REGION_LIVE].used);
  prefetch_to_write(silt_filter_counter(address));
  if (slots) prefetch_to_write(slot_at(header, level_count(slots) - 1, silt_mix(address >> 4), 0));
}

// Brings one more level into use; false if there is no room for it.
static bool add_level(struct silt_header *header, uint64_t slots) {
  struct silt_region *region = &header->regions[SILT_REGION_LIVE];
  uint64_t more = slots ? 2 * slots + SILT_LIVE_LEVEL0 : SILT_LIVE_LEVEL0;
  if (more > region->capacity || !silt_region_back(header, SILT_REGION_LIVE, more)) return false;
  cas_acq_rel(&region->used, &slots, more);  // whoever loses finds the level that the winner made
  return true;
}

static bool insert_into(struct silt_header *header, uint64_t level, uint64_t hash,
                        const struct silt_live_entry *entry) {
  for (uint32_t i = 0; i < WINDOW; i++) {
    struct silt_live *slot = slot_at(header, level, hash, i);
    uint64_t empty = SILT_LIVE_EMPTY;
    if (load_relaxed(&slot->address) != SILT_LIVE_EMPTY ||
        !cas_acq_rel(&slot->address, &empty, (uint64_t)SILT_LIVE_BUSY))
      continue;
    uint16_t check =
        silt_live_check(entry->address, entry->size, entry->time, entry->site, entry->thread);
    slot->size48_check16 = (entry->size & SILT_SIZE_MASK) | (uint64_t)check << 48;
    slot->time = entry->time;
    slot->site = entry->site;
    slot->thread = entry->thread;
    store_release(&slot->address, entry->address);  // pairs with the acquire in silt_live_remove
    return true;
  }
  return false;
}

bool silt_live_insert(struct silt_header *header, const struct silt_live_entry *entry) {
  uint64_t hash = silt_mix(entry->address >> 4);
  silt_filter_add(entry->address);
  for (;;) {
    uint64_t slots = load_acquire(&header->regions[SILT_REGION_LIVE].used);
    // The largest level first: it is the emptiest.
    for (uint64_t level = level_count(slots); level-- > 0;)
      if (insert_into(header, level, hash, entry)) return true;
    if (!add_level(header, slots)) {
      silt_filter_subtract(entry->address);
      return false;
    }
  }
}

bool silt_live_remove(struct silt_header *header, uint64_t address, struct silt_live_entry *entry) {
  uint64_t hash = silt_mix(address >> 4);
  uint64_t slots = load_acquire(&header->regions[SILT_REGION_LIVE].used);
  for (uint64_t level = level_count(slots); level-- > 0;) {
    for (uint32_t i = 0; i < WINDOW; i++) {
      struct silt_live *slot = slot_at(header, level, hash, i);
      if (load_acquire(&slot->address) != address) continue;
      *entry = (struct silt_live_entry){.address = address,
                                        .size = slot->size48_check16 & SILT_SIZE_MASK,
                                        .time = slot->time,
                                        .site = slot->site,
                                        .thread = slot->thread};
      uint64_t expected = address;
      if (!cas_acq_rel(&slot->address, &expected, (uint64_t)SILT_LIVE_EMPTY)) continue;
      silt_filter_subtract(address);
      return true;
    }
  }
  return false;
}
