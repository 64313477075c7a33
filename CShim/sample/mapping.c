// SPDX-License-Identifier: Apache-2.0
//
// A mapping that is made inside a recording, by a signal handler, is recorded without its stack:
// the table must stay exact.
#include "sample/mapping.h"

#include <errno.h>

#include "base/os.h"
#include "sample/capture.h"
#include "session/session.h"
#include "tables/tables.h"

uint64_t silt_mapping_moment(void) {
  return silt_session_current() ? silt_maps_order() : 0;
}

static uint32_t mapping_stack(struct silt_header *header, uint64_t size) {
  if (!silt_capture_begin()) {
    silt_session_lose(header, SILT_LOST_MAPPING_STACKS, size);
    return silt_stack_root(SILT_TIER_NONE, SILT_END_COMPLETE);
  }
  // Again, as in record.c.
  struct silt_header *again = silt_session_current();
  uint32_t stack = again ? silt_capture_stack(again) : 0;
  silt_capture_end();
  return stack;
}

// With all signals blocked and the session held, as a handler may fork, or leave by longjmp.
static void mapping_apply(const struct silt_header *header, const struct silt_maps_change *change) {
  struct silt_os_signals signals = silt_os_block_signals();
  uint8_t before = silt_thread.taking;
  silt_thread.taking = 1;
  signal_fence();
  // In a child that a handler has forked since, the mapping is inherited.
  struct silt_header *now = silt_session_current();
  if (now && now == header && change->time >= now->start_monotonic) silt_maps_change(now, change);
  signal_fence();
  silt_thread.taking = before;
  silt_os_restore_signals(signals);
}

void silt_mapping_record(struct silt_maps_change change) {
  int saved = errno;
  bool makes = change.kind != SILT_MAPS_UNMAP && change.kind != SILT_MAPS_PROTECT &&
               change.size >= SILT_MAPPING_LEAST;
  struct silt_header *header = makes ? silt_tables_session() : silt_session_current();
  if (header) {
    change.born = silt_maps_order();
    change.time = silt_os_monotonic();
    if (makes) {
      if (!silt_thread.id) silt_thread.id = silt_os_thread();
      change.thread = silt_thread.id;
      change.stack = mapping_stack(header, change.size);
    }
    if (!makes || change.stack) mapping_apply(header, &change);
  }
  errno = saved;
}
