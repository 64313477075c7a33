// SPDX-License-Identifier: Apache-2.0
//
// Knows only silt_format.h, as a reader does; uses none of the code that it checks.
#include "session/invariants.h"

bool regions_is_valid(struct silt_header *header) {
  uint64_t behind = SILT_HEADER_SIZE;
  for (int kind = 0; kind < SILT_REGION_COUNT; kind++) {
    const struct silt_region *region = &header->regions[kind];
    if (!region->element_size) continue;
    uint64_t bytes = region->capacity * region->element_size;
    uint64_t used = region->used < region->capacity ? region->used : region->capacity;
    if (region->offset < behind || region->offset % header->page_size != 0) return false;
    if (region->backed % header->page_size != 0) return false;
    if (region->backed >= bytes + header->page_size) return false;
    if (kind == SILT_REGION_LIVE && used * region->element_size > region->backed) return false;
    behind = region->offset + bytes;
  }
  return true;
}
