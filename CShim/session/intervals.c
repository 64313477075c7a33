// SPDX-License-Identifier: Apache-2.0
//
// See intervals.h. A forked child goes on with its parent's step: it does the same work, mostly.
#include "session/intervals.h"

#include "base/config.h"
#include "base/os.h"
#include "include/silt_settings.h"
#include "session/regions.h"

static uint32_t intervals_now;
static uint32_t intervals_known;  // the highest step in the header
static uint32_t intervals_room;   // the highest whose waiting sites are reserved

uint32_t silt_intervals_now(void) {
  return load_acquire(&intervals_now);
}

uint64_t silt_intervals_bytes(uint32_t step) {
  return silt_config.interval << step % SILT_INTERVALS;
}

uint32_t silt_intervals_highest(void) {
  uint64_t most = silt_setting_at(SILT_SETTING_INTERVAL)->most;
  uint32_t step = 0;
  while (step + 1 < SILT_INTERVALS && silt_intervals_bytes(step + 1) <= most) step++;
  return step;
}

void silt_intervals_plan(struct silt_header *plan) {
  uint32_t known = load_relaxed(&intervals_known);
  for (uint32_t step = 0; step <= known; step++)
    plan->intervals[step] = (struct silt_interval){.bytes = silt_intervals_bytes(step),
                                                   .since = plan->start_monotonic,
                                                   .overflow = 1 + step * SILT_OVERFLOW_SITES};
  plan->interval = known;
  plan->interval_now = load_relaxed(&intervals_now);
  plan->max_overhead = silt_config.max_overhead;
  // With a ceiling for each that may come: on a disk that is full there is no room for them later,
  // just when samples are dearest. Id 0 is none.
  struct silt_region *sites = &plan->regions[SILT_REGION_SITES];
  uint32_t room = known, highest = silt_config.max_overhead ? silt_intervals_highest() : known;
  while (room < highest && (room + 2) * SILT_OVERFLOW_SITES < sites->capacity / 2) room++;
  sites->used = 1 + (room + 1) * SILT_OVERFLOW_SITES;
  store_relaxed(&intervals_room, room);
}

static void intervals_add(struct silt_header *header, uint32_t step) {
  header->intervals[step] = (struct silt_interval){.bytes = silt_intervals_bytes(step),
                                                   .since = silt_os_monotonic(),
                                                   .overflow = 1 + step * SILT_OVERFLOW_SITES};
  store_release(&header->interval, step);  // pairs with readers of the file
  store_relaxed(&intervals_known, step);
}

bool silt_intervals_change(struct silt_header *header, uint32_t step) {
  if (step > load_relaxed(&intervals_room)) step = load_relaxed(&intervals_room);
  for (uint32_t known = load_relaxed(&intervals_known); known < step; known++)
    intervals_add(header, known + 1);
  if (step == load_relaxed(&intervals_now)) return false;
  store_relaxed(&header->interval_now, step);
  add_relaxed(&header->interval_changes, 1u);
  // Pairs with the acquire in silt_intervals_now: a sample taken with the step finds its interval
  // in the header.
  store_release(&intervals_now, step);
  return true;
}
