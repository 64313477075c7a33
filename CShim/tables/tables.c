// SPDX-License-Identifier: Apache-2.0
//
// See tables.h.
#include "tables/tables.h"

#include "base/os.h"
#include "session/regions.h"
#include "session/session.h"
#include "tables/filter.h"
#include "tables/heads.h"
#include "tables/live.h"
#include "tables/maps.h"
#include "tables/threads.h"

// Bytes, in whole units: each table begins at a page of its own, on both architectures.
#define TABLES_UNIT (UINT64_C(64) << 10)
static uint64_t tables_room(uint64_t size) {
  return (size + TABLES_UNIT - 1) & ~(TABLES_UNIT - 1);
}

// One mapping for all: each takes five system calls, which is what most of a short process's time
// in here is.
static bool tables_open(void) {
  static const struct {
    uint64_t (*size)(void);
    void (*open)(void *memory);
  } tables[] = {{silt_live_size, silt_live_open},
                {silt_heads_size, silt_heads_open},
                {silt_threads_size, silt_threads_open},
                {silt_maps_size, silt_maps_open}};
  static bool open;
  uint64_t all = 0;
  void *memory;
  if (open) return true;
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
    all += tables_room(tables[i].size());
  if (!silt_filter_open() || silt_os_map_private(all, &memory)) return false;
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    tables[i].open(memory);
    memory = (char *)memory + tables_room(tables[i].size());
  }
  open = true;
  return true;
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
