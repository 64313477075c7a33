// SPDX-License-Identifier: Apache-2.0
//
// A walk, and its place in the tables; what the walk had to leave out is counted.
#include "sample/capture.h"

#include "sample/unwind.h"
#include "session/session.h"
#include "session/stacks.h"

static void count_truncation(struct silt_header *header, uint8_t end, uint64_t size) {
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

// Where the caller stands.
static uint32_t walk(struct silt_header *header, uint64_t pcs[SILT_UNWIND_ROOM], uint8_t *end,
                     uint64_t size) {
  *end = SILT_END_COMPLETE;
  uint32_t depth = silt_unwind(pcs, end);
  count_truncation(header, *end, size);
  return depth;
}

uint32_t silt_capture_stack(struct silt_header *header) {
  uint64_t pcs[SILT_UNWIND_ROOM];
  uint8_t end;
  uint32_t depth = walk(header, pcs, &end, 0);
  uint32_t stack = silt_stacks_intern(header, pcs, depth, end);
  if (!stack) silt_session_lose(header, SILT_LOST_STACKS_FULL, 0);
  return stack;
}

uint32_t silt_capture_site(struct silt_header *header, uint64_t size) {
  uint64_t pcs[SILT_UNWIND_ROOM];
  uint8_t end;
  enum silt_lost full;
  uint32_t depth = walk(header, pcs, &end, size);
  uint32_t site = silt_sites_find(header, pcs, depth, end, size, &full);
  if (!site) silt_session_lose(header, full, size);
  return site;
}
