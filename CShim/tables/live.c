// SPDX-License-Identifier: Apache-2.0
//
// Levels of doubling size, each a hash table of windows: insertion and removal take a bounded
// number of steps, and a process with few samples pays for a small table only. The next level is
// made present in pieces while the largest one fills: no sample waits for all of it.
//
// Most searches are for what is not there: frees that the filter could not rule out. A byte of each
// slot's hash stands outside the file, a window's eight in one word, so that such a search reads
// one cache line of a level, not four.
#include "tables/live.h"

#include "base/os.h"
#include "session/regions.h"
#include "tables/filter.h"

// Slots of a window: four cache lines.
#define LIVE_WINDOW 8u
// As many levels as the default capacity has room for, and one. Those beyond have no tags.
#define LIVE_TAGGED_LEVELS 10u

// Of each slot, the tag of the entry that was stored there last. Never cleared: a removal could
// otherwise clear the tag of an entry that another thread has just stored.
#define LIVE_TAGS ((SILT_LIVE_LEVEL0 << LIVE_TAGGED_LEVELS) / LIVE_WINDOW)
static uint64_t *live_tags;  // LIVE_TAGS of them

uint64_t silt_live_size(void) {
  return LIVE_TAGS * sizeof *live_tags;
}

void silt_live_open(void *memory) {
  live_tags = memory;
}

// The window in a level that a hash leads to, counted over all levels.
static uint64_t live_window(uint64_t level, uint64_t hash) {
  uint64_t windows = (SILT_LIVE_LEVEL0 << level) / LIVE_WINDOW;
  return windows - SILT_LIVE_LEVEL0 / LIVE_WINDOW + (hash & (windows - 1));
}

static struct silt_live *live_slots(struct silt_header *header, uint64_t window) {
  return silt_region_at(header, SILT_REGION_LIVE, window * LIVE_WINDOW);
}

static uint8_t live_tag(uint64_t hash) {
  return (uint8_t)(hash >> 56);
}

// 0x80 in the byte of each slot that has the hash's tag. The subtraction may borrow and so mark a
// slot above one of these by mistake; the comparison of addresses rejects it.
static uint64_t live_candidates(uint64_t level, uint64_t window, uint64_t hash) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  if (SILT_UNLIKELY(level >= LIVE_TAGGED_LEVELS)) return ones << 7;
  uint64_t differ = load_relaxed(&live_tags[window]) ^ ones * live_tag(hash);
  return (differ - ones) & ~differ & ones << 7;
}

static uint64_t live_levels(uint64_t slots) {
  uint64_t units = slots / SILT_LIVE_LEVEL0;
  return units ? 64 - (uint64_t)__builtin_clzll(units) : 0;
}

void silt_live_prefetch(struct silt_header *header, uint64_t address) {
  uint64_t slots = silt_region_used(header, SILT_REGION_LIVE);
  prefetch_to_write(silt_filter_counter(address));
  if (slots < SILT_LIVE_LEVEL0) return;
  uint64_t level = live_levels(slots) - 1, window = live_window(level, silt_mix(address >> 4));
  prefetch_to_write(live_slots(header, window));
  if (level < LIVE_TAGGED_LEVELS) prefetch_to_write(&live_tags[window]);
}

// An insertion that finds its window of the largest level nearly full makes LIVE_AHEAD more of the
// next level present: all of it is before the largest is a quarter full. Half full, it is needed:
// then an address finds its windows of all levels full. Should the table fill faster, that
// insertion makes LIVE_AT_ONCE present, half a millisecond of work. If that is not enough, its
// sample is lost and counted: it does not wait. Of 800 million random addresses none was lost.
#define LIVE_AHEAD (128u << 10)
#define LIVE_AT_ONCE (1u << 20)
#define LIVE_NEARLY_FULL (LIVE_WINDOW - 2)

// Makes so many more bytes of the next level present; true if all of it is.
static bool live_prepare_level(struct silt_header *header, uint64_t slots, uint64_t bytes) {
  return silt_region_back_piece(header, SILT_REGION_LIVE, 2 * slots + SILT_LIVE_LEVEL0, bytes);
}

// Brings one more level into use; false if there is no room for it, or not yet.
static bool live_add_level(struct silt_header *header, uint64_t slots) {
  struct silt_region *region = &header->regions[SILT_REGION_LIVE];
  if (!live_prepare_level(header, slots, LIVE_AT_ONCE)) return false;
  // If this fails, another thread has added the level.
  cas_acq_rel(&region->used, &slots, 2 * slots + SILT_LIVE_LEVEL0);
  return true;
}

// The number of the slot in its window, from 1; 0 if all are taken.
static uint32_t live_insert_into(struct silt_header *header, uint64_t level, uint64_t hash,
                                 const struct silt_live_entry *entry) {
  uint64_t window = live_window(level, hash);
  for (uint32_t i = 0; i < LIVE_WINDOW; i++) {
    struct silt_live *slot = live_slots(header, window) + i;
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
    if (level < LIVE_TAGGED_LEVELS)
      store_relaxed((uint8_t *)&live_tags[window] + i, live_tag(hash));
    store_release(&slot->address, entry->address);  // pairs with the acquire in silt_live_remove
    return i + 1;
  }
  return 0;
}

bool silt_live_insert(struct silt_header *header, const struct silt_live_entry *entry) {
  uint64_t hash = silt_mix(entry->address >> 4);
  silt_filter_add(entry->address);
  for (;;) {
    uint64_t slots = silt_region_used(header, SILT_REGION_LIVE), levels = live_levels(slots);
    // The largest level first: it is the emptiest.
    for (uint64_t level = levels; level-- > 0;) {
      uint32_t place = live_insert_into(header, level, hash, entry);
      if (!place) continue;
      if (level + 1 < levels || place >= LIVE_NEARLY_FULL)
        live_prepare_level(header, slots, LIVE_AHEAD);
      return true;
    }
    if (!live_add_level(header, slots)) {
      silt_filter_subtract(entry->address);
      return false;
    }
  }
}

bool silt_live_remove(struct silt_header *header, uint64_t address, struct silt_live_entry *entry) {
  uint64_t hash = silt_mix(address >> 4);
  uint64_t slots = silt_region_used(header, SILT_REGION_LIVE);
  for (uint64_t level = live_levels(slots); level-- > 0;) {
    uint64_t window = live_window(level, hash);
    for (uint64_t left = live_candidates(level, window, hash); left; left &= left - 1) {
      struct silt_live *slot = live_slots(header, window) + __builtin_ctzll(left) / 8;
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
