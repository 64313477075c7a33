// SPDX-License-Identifier: Apache-2.0
//
// A slot is one word, so that it is published by one store and is never torn. Nothing is ever taken
// out: the first empty slot of a window ends a search, and a frame that is not in it is in no later
// level either.
#include "session/frames.h"

#include "session/modules.h"
#include "session/pairs.h"

// Slots of a window: a cache line.
#define WINDOW 8u

enum { CACHE_SETS = 2048 };
static _Alignas(64) struct silt_pair cache_pairs[CACHE_SETS * SILT_PAIRS_WAYS];
static struct silt_pairs cache = {.pairs = cache_pairs, .mask = 31, .most = CACHE_SETS - 1};

static uint64_t *slot_at(struct silt_header *header, uint64_t i) {
  return silt_region_at(header, SILT_REGION_FRAMES, i);
}

static bool add_level(struct silt_header *header, uint64_t slots) {
  struct silt_region *region = &header->regions[SILT_REGION_FRAMES];
  uint64_t more = 2 * slots + SILT_FRAMES_LEVEL0;
  if (more > region->capacity || !silt_region_back(header, SILT_REGION_FRAMES, more)) return false;
  cas_acq_rel(&region->used, &slots, more);  // whoever loses finds the level that the winner made
  return true;
}

// The id of a frame word; 0 if it is not there and cannot be, or shall not be, added.
static uint32_t word_id(struct silt_header *header, uint64_t word, bool add) {
  uint64_t hash = silt_mix(word), first = 0, size = SILT_FRAMES_LEVEL0;
  for (;; first += size, size *= 2) {
    uint64_t slots = load_acquire(&header->regions[SILT_REGION_FRAMES].used);
    if (first >= slots && (!add || !add_level(header, slots))) return 0;
    uint64_t window = first + (hash & (size - 1) & ~(uint64_t)(WINDOW - 1));
    for (uint64_t id = window; id < window + WINDOW; id++) {
      uint64_t found = load_relaxed(slot_at(header, id));
      if (!found && !add) return 0;
      if (!found && cas_acq_rel(slot_at(header, id), &found, word)) found = word;
      if (found == word) return (uint32_t)id;
    }
  }
}

// Of addresses without a module, how many this process has added: all of them are in its session.
static struct {
  uint32_t generation;
  uint32_t count;
} bare;

static void count_bare(void) {
  uint32_t before = load_relaxed(&bare.generation), now = silt_session_generation();
  if (before != now && cas_relaxed(&bare.generation, &before, now)) store_relaxed(&bare.count, 0u);
  add_relaxed(&bare.count, 1u);
}

static uint64_t bare_count(void) {
  return load_relaxed(&bare.generation) == silt_session_generation() ? load_relaxed(&bare.count)
                                                                     : 0;
}

static uint32_t bare_id(struct silt_header *header, uint64_t pc, bool add) {
  uint64_t slots = header->regions[SILT_REGION_FRAMES].capacity, count = bare_count();
  uint64_t page = (pc & ~UINT64_C(4095)) | (uint64_t)SILT_FRAME_PAGE << SILT_FRAME_SHIFT;
  // What was kept when there was room is found at any time.
  uint32_t id = word_id(header, pc, false);
  if (!id && count >= slots / 4) id = word_id(header, page, false);
  if (id) return id;
  if (count >= slots / 2) return SILT_FRAME_GENERATED;
  id = add ? word_id(header, count >= slots / 4 ? page : pc, true) : 0;
  if (id) count_bare();
  return id;
}

static uint32_t find_slow(struct silt_header *header, uint64_t pc, bool settled, bool add) {
  uint64_t word = silt_modules_frame(header, pc, settled);
  uint32_t id = word >> SILT_FRAME_SHIFT == SILT_FRAME_BARE ? bare_id(header, word, add)
                                                            : word_id(header, word, add);
  if (id || !add) return id;
  silt_session_lose(header, SILT_LOST_FRAMES_FULL, 0);
  return SILT_FRAME_OMITTED;
}

uint32_t silt_frames_find(struct silt_header *header, uint64_t pc, const struct silt_moment *moment,
                          bool add) {
  if (SILT_UNLIKELY(!moment->settled)) return find_slow(header, pc, false, add);
  uint64_t key = silt_mix(pc ^ moment->seed);
  uint32_t id = (uint32_t)silt_pairs_get(&cache, key);
  if (SILT_LIKELY(id)) return id;
  id = find_slow(header, pc, true, add);
  // There may be room again on the disk.
  if (id && id != SILT_FRAME_OMITTED) silt_pairs_put(&cache, key, id);
  return id;
}
