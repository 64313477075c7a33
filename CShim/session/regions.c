// SPDX-License-Identifier: Apache-2.0
//
// `used` counts what was ever claimed, `backed` the bytes that may be touched: an element is there
// only if both say so.
#include "session/regions.h"

#include "base/os.h"
#include "session/threads.h"

static uint64_t region_round_up(uint64_t bytes, uint64_t unit) {
  return (bytes + unit - 1) & ~(unit - 1);
}

// The largest page size of the two architectures.
#define REGION_ALIGNMENT (UINT64_C(64) << 10)

static uint64_t region_live_slots(uint64_t bytes) {
  uint64_t slots = SILT_LIVE_LEVEL0;
  while ((2 * slots + SILT_LIVE_LEVEL0) * sizeof(struct silt_live) <= bytes)
    slots = 2 * slots + SILT_LIVE_LEVEL0;
  return slots;
}

uint64_t silt_regions_lay_out(struct silt_region *regions, uint64_t capacity) {
  uint64_t threads = capacity / 16 / sizeof(struct silt_thread_record);
  if (threads > SILT_THREADS_MAX) threads = SILT_THREADS_MAX;
  const struct {
    uint64_t bytes;
    uint32_t element;
  } plan[] = {
      [SILT_REGION_STRINGS] = {capacity / 64, 1},
      [SILT_REGION_MODULES] = {capacity / 128, sizeof(struct silt_module)},
      [SILT_REGION_STACKS] = {capacity / 2, 8},
      [SILT_REGION_SITES] = {capacity / 8, sizeof(struct silt_site)},
      [SILT_REGION_LIVE] = {region_live_slots(capacity / 4) * sizeof(struct silt_live),
                            sizeof(struct silt_live)},
      [SILT_REGION_RING] = {capacity / 64, sizeof(struct silt_event)},
      [SILT_REGION_THREADS] = {threads * sizeof(struct silt_thread_record),
                               sizeof(struct silt_thread_record)},
  };
  uint64_t offset = REGION_ALIGNMENT;
  for (size_t i = 0; i < sizeof plan / sizeof plan[0]; i++) {
    regions[i].offset = offset;
    regions[i].element_size = plan[i].element;
    regions[i].capacity = plan[i].bytes / plan[i].element;
    // Ids of stacks and sites are 32 bits.
    if (regions[i].capacity > UINT32_MAX) regions[i].capacity = UINT32_MAX;
    offset += region_round_up(plan[i].bytes, REGION_ALIGNMENT);
  }
  // 0 means "none" in both.
  regions[SILT_REGION_STACKS].used = 1;
  regions[SILT_REGION_SITES].used = 1;
  return offset;
}

// The smallest number of bytes to reserve at once; more as a region grows, to ask the kernel
// rarely.
static uint64_t region_step(const struct silt_header *header) {
  return header->page_size > (16u << 10) ? header->page_size : 16u << 10;
}

bool silt_region_back(struct silt_header *header, enum silt_region_kind kind, uint64_t elements) {
  struct silt_region *region = &header->regions[kind];
  uint64_t need = elements * region->element_size;
  uint64_t backed = load_acquire(&region->backed);
  if (SILT_LIKELY(need <= backed)) return true;
  uint64_t whole = region->capacity * region->element_size;
  uint64_t target = region_round_up(need + need / 4, region_step(header));
  if (target > whole) target = region_round_up(whole, header->page_size);
  if (!(header->flags & SILT_FLAG_ANONYMOUS) &&
      silt_os_populate((char *)header + region->offset + backed, target - backed))
    return false;
  while (backed < target && !cas_acq_rel(&region->backed, &backed, target)) {
  }
  return true;
}

bool silt_region_claim(struct silt_header *header, enum silt_region_kind kind, uint64_t count,
                       uint64_t *first) {
  struct silt_region *region = &header->regions[kind];
  uint64_t at = add_relaxed(&region->used, count);
  if (at + count > region->capacity || !silt_region_back(header, kind, at + count)) return false;
  *first = at;
  return true;
}

uint64_t silt_region_count(struct silt_header *header, enum silt_region_kind kind) {
  struct silt_region *region = &header->regions[kind];
  uint64_t used = load_acquire(&region->used);
  uint64_t present = load_acquire(&region->backed) / region->element_size;
  if (present > region->capacity) present = region->capacity;
  return used < present ? used : present;
}
