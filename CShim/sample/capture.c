// SPDX-License-Identifier: Apache-2.0
//
// A walk, and its place in the tables; what the walk had to leave out is counted.
#include "sample/capture.h"

#include "cfi/walk.h"
#include "sample/place.h"
#include "sample/unwind.h"
#include "session/session.h"

static void capture_count_truncation(struct silt_header *header, uint8_t end, uint64_t size) {
  switch (end & ~SILT_END_GUESSED) {
    case SILT_END_DEPTH:
      silt_session_lose(header, SILT_LOST_DEPTH, size);
      break;
    case SILT_END_UNWIND:
      silt_session_lose(header, SILT_LOST_UNWIND, size);
      break;
    case SILT_END_BOUNDS:
      silt_session_lose(header, SILT_LOST_BOUNDS, size);
      break;
    default:
      break;
  }
}

// Walks the calling thread's stack, and counts it if it had to be cut.
static uint32_t capture_walk(struct silt_header *header, uint64_t pcs[SILT_UNWIND_ROOM],
                             uint8_t *end, uint64_t size) {
  *end = SILT_END_COMPLETE;
  uint32_t depth = silt_unwind(pcs, end);
  capture_count_truncation(header, *end, size);
  return depth;
}

// After the walk: what is on the stack now cannot be unloaded meanwhile.
static struct silt_moment capture_moment(const struct silt_header *header) {
  uint64_t unloads;
  bool settled = silt_cfi_unloads(&unloads);
  return silt_moment(header, unloads, settled);
}

uint32_t silt_capture_stack(struct silt_header *header) {
  uint64_t pcs[SILT_UNWIND_ROOM];
  uint8_t end;
  uint32_t depth = capture_walk(header, pcs, &end, 0);
  struct silt_moment moment = capture_moment(header);
  return silt_place_stack(header, pcs, depth, end, &moment).id;
}

uint32_t silt_capture_site(struct silt_header *header, uint64_t size, uint32_t step) {
  uint64_t pcs[SILT_UNWIND_ROOM];
  uint8_t end;
  uint32_t depth = capture_walk(header, pcs, &end, size);
  struct silt_moment moment = capture_moment(header);
  struct silt_place place = silt_place_site(header, pcs, depth, end, size, step, &moment);
  if (SILT_UNLIKELY(place.tier != SILT_TIER_WHOLE)) {
    add_relaxed(&header->tiers[place.tier].count, UINT64_C(1));
    add_relaxed(&header->tiers[place.tier].bytes, size);
  }
  return place.id;
}
