// SPDX-License-Identifier: Apache-2.0
//
// Levels of doubling size, each a hash table of windows: insertion and removal take a bounded
// number of steps, and a process with few samples pays for a small table only.
//
// Most searches are for what is not there: frees that the filter could not rule out. A byte of each
// slot's hash stands outside the file, a window's eight in one word, so that such a search reads
// one cache line of a level, not four.
#include "session/live.h"

#include "base/os.h"
#include "session/filter.h"
#include "session/regions.h"

// Slots of a window: four cache lines.
#define WINDOW 8u
// As many levels as the default capacity has room for, and one. Those beyond have no tags.
#define TAGGED_LEVELS 10u

// The tag of what is, or was last, in each slot: never cleared, so nobody clears another's.
#define LIVE_TAGS ((SILT_LIVE_LEVEL0 << TAGGED_LEVELS) / WINDOW)
static uint64_t *live_tags;  // LIVE_TAGS of them

bool silt_live_open(void) {
  void *tags;
  if (live_tags) return true;
  if (silt_os_map_private(LIVE_TAGS * sizeof *live_tags, &tags)) return false;
  live_tags = tags;
  return true;
}

// The window in a level that a hash leads to, counted over all levels.
static uint64_t window_at(uint64_t level, uint64_t hash) {
  uint64_t windows = (SILT_LIVE_LEVEL0 << level) / WINDOW;
  return windows - SILT_LIVE_LEVEL0 / WINDOW + (hash & (windows - 1));
}

static struct silt_live *slots_of(struct silt_header *header, uint64_t window) {
  return silt_region_at(header, SILT_REGION_LIVE, window * WINDOW);
}

static uint8_t tag_of(uint64_t hash) {
  return (uint8_t)(hash >> 56);
}

// The top bit in the byte of each slot whose tag is this one; perhaps in one above such, too.
static uint64_t candidates(uint64_t level, uint64_t window, uint64_t hash) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  if (SILT_UNLIKELY(level >= TAGGED_LEVELS)) return ones << 7;
  uint64_t differ = load_relaxed(&live_tags[window]) ^ ones * tag_of(hash);
  return (differ - ones) & ~differ & ones << 7;
}

static uint64_t level_count(uint64_t slots) {
  uint64_t units = slots / SILT_LIVE_LEVEL0;
  return units ? 64 - (uint64_t)__builtin_clzll(units) : 0;
}

void silt_live_prefetch(struct silt_header *header, uint64_t address) {
  uint64_t slots = silt_region_used(header, SILT_REGION_LIVE);
  prefetch_to_write(silt_filter_counter(address));
  if (slots < SILT_LIVE_LEVEL0) return;
  uint64_t level = level_count(slots) - 1, window = window_at(level, silt_mix(address >> 4));
  prefetch_to_write(slots_of(header, window));
  if (level < TAGGED_LEVELS) prefetch_to_write(&live_tags[window]);
}

// Brings one more level into use; false if there is no room for it.
static bool add_level(struct silt_header *header, uint64_t slots) {
  struct silt_region *region = &header->regions[SILT_REGION_LIVE];
  uint64_t more = slots ? 2 * slots + SILT_LIVE_LEVEL0 : SILT_LIVE_LEVEL0;
  if (!silt_region_back(header, SILT_REGION_LIVE, more)) return false;
  cas_acq_rel(&region->used, &slots, more);  // whoever loses finds the level that the winner made
  return true;
}

static bool insert_into(struct silt_header *header, uint64_t level, uint64_t hash,
                        const struct silt_live_entry *entry) {
  uint64_t window = window_at(level, hash);
  for (uint32_t i = 0; i < WINDOW; i++) {
    struct silt_live *slot = slots_of(header, window) + i;
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
    if (level < TAGGED_LEVELS) store_relaxed((uint8_t *)&live_tags[window] + i, tag_of(hash));
    store_release(&slot->address, entry->address);  // pairs with the acquire in silt_live_remove
    return true;
  }
  return false;
}

bool silt_live_insert(struct silt_header *header, const struct silt_live_entry *entry) {
  uint64_t hash = silt_mix(entry->address >> 4);
  silt_filter_add(entry->address);
  for (;;) {
    uint64_t slots = silt_region_used(header, SILT_REGION_LIVE);
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
  uint64_t slots = silt_region_used(header, SILT_REGION_LIVE);
  for (uint64_t level = level_count(slots); level-- > 0;) {
    uint64_t window = window_at(level, hash);
    for (uint64_t left = candidates(level, window, hash); left; left &= left - 1) {
      struct silt_live *slot = slots_of(header, window) + __builtin_ctzll(left) / 8;
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
