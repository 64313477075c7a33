// SPDX-License-Identifier: Apache-2.0
//
// A slot is one word, so that it is published by one store and is never torn. Nothing is ever taken
// out: the first empty slot of a window ends a search, and a frame that is not in it is in no later
// level either.
#include "tables/frames.h"

#include "session/regions.h"
#include "session/session.h"
#include "tables/modules.h"
#include "tables/pairs.h"

// A frame is in one of so many slots of a level, from the start of a cache line on.
#define WINDOW 32u
#define LINE 8u

enum { CACHE_SETS = 2048 };
static struct silt_pairs frame_cache = {.mask = 31, .most = CACHE_SETS - 1};

static uint64_t *frame_slot(struct silt_header *header, uint64_t i) {
  return silt_region_at(header, SILT_REGION_FRAMES, i);
}

// Makes so many more bytes of the next level present; true if all of it is.
static bool frame_prepare_level(struct silt_header *header, uint64_t slots, uint64_t bytes) {
  return silt_region_back_piece(header, SILT_REGION_FRAMES, 2 * slots + SILT_FRAMES_LEVEL0, bytes);
}

static bool frame_add_level(struct silt_header *header, uint64_t slots) {
  struct silt_region *region = &header->regions[SILT_REGION_FRAMES];
  if (!frame_prepare_level(header, slots, SILT_REGION_PIECE)) return false;
  // If this fails, another thread has added the level.
  cas_acq_rel(&region->used, &slots, 2 * slots + SILT_FRAMES_LEVEL0);
  return true;
}

// A frame that finds only the last half of its window free, in the largest level, makes this much
// of the next one present, so that all of it is there before a window is full.
#define FRAME_AHEAD (64u << 10)

// The id of a frame word; 0 if it is not there and cannot be, or shall not be, added.
static uint32_t frame_word_id(struct silt_header *header, uint64_t word, bool add) {
  uint64_t hash = silt_mix(word), first = 0, size = SILT_FRAMES_LEVEL0;
  // Other bits in each level: what crowds in one does not crowd in the next.
  for (;; first += size, size *= 2, hash = hash << 23 | hash >> 41) {
    uint64_t slots = silt_region_used(header, SILT_REGION_FRAMES);
    if (first >= slots && (!add || !frame_add_level(header, slots))) return 0;
    for (uint64_t i = 0; i < WINDOW; i++) {
      uint64_t id = first + (((hash & ~(uint64_t)(LINE - 1)) + i) & (size - 1));
      uint64_t found = load_acquire(frame_slot(header, id));  // pairs with the cas below
      if (!found && !add) return 0;
      if (!found && cas_acq_rel(frame_slot(header, id), &found, word)) {
        if (i >= WINDOW / 2 && first + size >= slots)
          frame_prepare_level(header, slots, FRAME_AHEAD);
        found = word;
      }
      if (found == word) return (uint32_t)id;
    }
  }
}

// Of addresses without a module, how many this process has added: all of them are in its session.
static struct {
  uint32_t generation;
  uint32_t count;
} frame_bare;

static void frame_count_bare(void) {
  uint32_t before = load_relaxed(&frame_bare.generation), now = silt_owner_generation();
  if (before != now && cas_relaxed(&frame_bare.generation, &before, now))
    store_relaxed(&frame_bare.count, 0u);
  add_relaxed(&frame_bare.count, 1u);
}

static uint64_t frame_bare_count(void) {
  return load_relaxed(&frame_bare.generation) == silt_owner_generation()
             ? load_relaxed(&frame_bare.count)
             : 0;
}

static uint32_t frame_bare_id(struct silt_header *header, uint64_t pc, bool add) {
  uint64_t slots = silt_region_capacity(SILT_REGION_FRAMES), count = frame_bare_count();
  uint64_t page = (pc & ~UINT64_C(4095)) | (uint64_t)SILT_FRAME_PAGE << SILT_FRAME_SHIFT;
  if (!pc) return SILT_FRAME_GENERATED;  // 0 is an empty slot
  // What was kept when there was room is found at any time.
  uint32_t id = frame_word_id(header, pc, false);
  if (!id && count >= slots / 4) id = frame_word_id(header, page, false);
  if (id) return id;
  if (count >= slots / 2) return SILT_FRAME_GENERATED;
  id = add ? frame_word_id(header, count >= slots / 4 ? page : pc, true) : 0;
  if (id) frame_count_bare();
  return id;
}

static uint32_t frame_find_slow(struct silt_header *header, uint64_t pc, bool settled, bool add) {
  uint64_t word = silt_modules_frame(header, pc, settled);
  uint32_t id = word >> SILT_FRAME_SHIFT == SILT_FRAME_BARE ? frame_bare_id(header, word, add)
                                                            : frame_word_id(header, word, add);
  if (id || !add) return id;
  silt_session_lose(header, SILT_LOST_FRAMES_FULL, 0);
  return SILT_FRAME_OMITTED;
}

uint32_t silt_frames_find(struct silt_header *header, uint64_t pc, const struct silt_moment *moment,
                          bool add) {
  if (SILT_UNLIKELY(!moment->settled)) return frame_find_slow(header, pc, false, add);
  uint64_t key = silt_mix(pc ^ moment->seed);
  uint32_t id = (uint32_t)silt_pairs_get(&frame_cache, key);
  if (SILT_LIKELY(id)) return id;
  id = frame_find_slow(header, pc, true, add);
  // There may be room again on the disk.
  if (id && id != SILT_FRAME_OMITTED) silt_pairs_put(&frame_cache, key, id);
  return id;
}
