// SPDX-License-Identifier: Apache-2.0
//
// Knows only silt_format.h, as a reader does; uses none of the code that it checks.
#include "tables/invariants.h"

#include <stdlib.h>

#include "session/regions.h"
#include "session/session.h"
#include "tables/filter.h"

static int by_address(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

static bool entry_is_valid(const struct silt_live *entry, uint64_t index, uint64_t level_size) {
  uint64_t size = entry->size48_check16 & SILT_SIZE_MASK;
  uint16_t check = silt_live_check(entry->address, size, entry->time, entry->site, entry->thread);
  uint64_t home = silt_mix(entry->address >> 4);
  return entry->size48_check16 >> 48 == check && index / 8 == (home & (level_size / 8 - 1)) &&
         silt_filter_maybe((const void *)entry->address);
}

bool live_is_valid(struct silt_header *header) {
  const struct silt_region *region = &header->regions[SILT_REGION_LIVE];
  if (region->used > region->capacity) return false;
  uint64_t *addresses = malloc((region->used + 1) * sizeof *addresses), count = 0, before = 0;
  bool valid = true;
  for (uint64_t size = SILT_LIVE_LEVEL0; before < region->used; before += size, size *= 2) {
    for (uint64_t i = 0; i < size; i++) {
      const struct silt_live *entry = silt_region_at(header, SILT_REGION_LIVE, before + i);
      if (entry->address == SILT_LIVE_EMPTY) continue;
      valid = valid && entry->address != SILT_LIVE_BUSY && entry_is_valid(entry, i, size);
      addresses[count++] = entry->address;
    }
  }
  qsort(addresses, count, sizeof *addresses, by_address);
  for (uint64_t i = 1; i < count; i++) valid = valid && addresses[i] != addresses[i - 1];
  free(addresses);
  return valid && before == region->used;  // whole levels
}

uint64_t live_count(struct silt_header *header) {
  uint64_t count = 0;
  for (uint64_t i = 0; i < header->regions[SILT_REGION_LIVE].used; i++) {
    const struct silt_live *entry = silt_region_at(header, SILT_REGION_LIVE, i);
    count += entry->address != SILT_LIVE_EMPTY;
  }
  return count;
}

bool ring_is_valid(struct silt_header *header) {
  const struct silt_region *region = &header->regions[SILT_REGION_RING];
  uint64_t present = silt_region_count(header, SILT_REGION_RING);
  for (uint64_t i = 0; i < present; i++) {
    const struct silt_event *event = silt_region_at(header, SILT_REGION_RING, i);
    if (event->sequence == 0) continue;
    if (event->sequence > region->used || (event->sequence - 1) % region->capacity != i)
      return false;
    if (event->check != silt_event_check(event)) return false;
  }
  return true;
}

static uint32_t word_at(const struct silt_header *header, uint64_t i) {
  const struct silt_region *region = &header->regions[SILT_REGION_STACKS];
  if (i >= load_acquire(&region->used)) return 0;  // what is claimed is backed
  return load_relaxed((const uint32_t *)((const char *)header + region->offset) + i);
}

static uint64_t frame_at(const struct silt_header *header, uint64_t id) {
  const struct silt_region *region = &header->regions[SILT_REGION_FRAMES];
  if (id >= load_acquire(&region->used)) return 0;
  return load_relaxed((const uint64_t *)((const char *)header + region->offset) + id);
}

bool stack_read(const struct silt_header *header, uint32_t id, struct stack_read *stack) {
  uint32_t at = id;
  stack->depth = 0;
  while (at >= SILT_STACK_ROOTS) {
    uint32_t word = word_at(header, at);
    if (word & SILT_WORD_LINK) {
      uint32_t parent = word_at(header, at - 1);
      if (!(parent & SILT_WORD_LINK) || (parent & ~SILT_WORD_LINK) >= at - 1) return false;
      at = parent & ~SILT_WORD_LINK;
      if (at >= SILT_STACK_ROOTS && word_at(header, at) & SILT_WORD_LINK) return false;
    } else {
      if (stack->depth == SILT_MAX_DEPTH || !frame_at(header, word)) return false;
      stack->words[stack->depth] = at--;
      stack->ids[stack->depth] = word;
      stack->frames[stack->depth++] = frame_at(header, word);
    }
  }
  stack->root = at;
  return at == silt_stack_root(silt_root_tier(at), silt_root_end(at));
}

bool stacks_is_valid(struct silt_header *header) {
  uint64_t end = silt_region_count(header, SILT_REGION_STACKS), run = 0;
  struct stack_read stack;
  for (uint64_t i = SILT_STACK_ROOTS; i < end; i++) {
    if (word_at(header, i) & SILT_WORD_LINK) {
      if (!(word_at(header, i + 1) & SILT_WORD_LINK)) return false;
      if (word_at(header, i + 2) & SILT_WORD_LINK) return false;  // no run without a frame
      run = i++;
    } else if (!run || !stack_read(header, (uint32_t)i, &stack)) {
      return false;
    }
  }
  return true;
}

bool site_is_valid(struct silt_header *header, uint32_t id) {
  struct stack_read stack;
  if (id == 0 || id >= silt_region_count(header, SILT_REGION_SITES)) return false;
  const struct silt_site *site = silt_region_at(header, SILT_REGION_SITES, id);
  uint32_t of = load_acquire(&site->stack);
  return of && stack_read(header, of, &stack) && site->interval <= header->interval &&
         (!(site->flags & SILT_SITE_COARSE) || site->size_class % 8 == 0) &&
         site->stack_hash == silt_stack_hash(stack.ids, stack.depth, stack.root);
}
