// SPDX-License-Identifier: Apache-2.0
//
// See tables.h.
#include "tables/tables.h"

#include "session/regions.h"
#include "session/session.h"
#include "tables/filter.h"
#include "tables/heads.h"
#include "tables/live.h"
#include "tables/maps.h"
#include "tables/threads.h"

static bool tables_open(void) {
  return silt_filter_open() && silt_live_open() && silt_heads_open() && silt_threads_open() &&
         silt_maps_open();
}

struct silt_header *silt_tables_session(void) {
  return silt_session(tables_open);
}

#define TABLES_AHEAD (UINT64_C(64) << 10)

void silt_tables_make_room(struct silt_header *header) {
  for (int kind = 0; header && kind < SILT_REGION_COUNT; kind++) {
    const struct silt_region_bounds *bounds = &silt_region_bounds[kind];
    if (!bounds->element_size) continue;
    uint64_t elements =
        load_relaxed(&header->regions[kind].used) + TABLES_AHEAD / bounds->element_size;
    silt_region_back(header, (enum silt_region_kind)kind,
                     elements < bounds->capacity ? elements : bounds->capacity);
  }
}
