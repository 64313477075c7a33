// SPDX-License-Identifier: Apache-2.0
//
// The slow path, in one place. The stack is walked before anything is claimed, so that a walk that
// goes wrong leaves nothing half done.
#include "sample/record.h"

#include <errno.h>

#include "base/os.h"
#include "dump/dump.h"
#include "sample/capture.h"
#include "sample/ceiling.h"
#include "sample/sampler.h"
#include "session/intervals.h"
#include "session/session.h"
#include "tables/filter.h"
#include "tables/ring.h"
#include "tables/sites.h"
#include "tables/tables.h"

// `began`: see silt_ceiling_begin. A dump is not in it.
static void record_free(struct silt_header *header, const struct silt_live_entry *entry,
                        uint64_t began) {
  struct silt_site *site = silt_site_at(header, entry->site);
  add_relaxed(&site->free_bytes, entry->size);
  add_relaxed(&site->free_objects, UINT64_C(1));
  silt_ring_push(header, (struct silt_event){.time = silt_os_monotonic(),
                                             .address = entry->address,
                                             .size = entry->size,
                                             .born = entry->time,
                                             .site = entry->site,
                                             .thread = silt_thread.id,
                                             .operation = SILT_OP_FREE});
  silt_ceiling_end(began);
  silt_dump_after_free(header, entry->size, silt_intervals_bytes(site->interval));
}

// A block that is just handed out is not alive: an entry with its address is of one that was
// freed past us, by another name or by the allocator's own.
static void record_missed_free(struct silt_header *header, const void *p) {
  struct silt_live_entry stale;
  if (!load_relaxed(silt_filter_counter((uintptr_t)p)) ||
      !silt_live_remove(header, (uintptr_t)p, &stale))
    return;
  add_relaxed(&header->missed_frees.count, UINT64_C(1));
  add_relaxed(&header->missed_frees.bytes, stale.size);
  record_free(header, &stale, 0);
}

static void record(struct silt_header *header, const void *p, uint64_t size, uint32_t step,
                   uint64_t began) {
  uint32_t id = silt_capture_site(header, size, step);
  // A handler has forked meanwhile, and this is the child, in memory that nobody will read.
  if (SILT_UNLIKELY(header != silt_session_current())) return;
  struct silt_site *site = silt_site_at(header, id);
  add_relaxed(&site->alloc_bytes, size);
  add_relaxed(&site->alloc_objects, UINT64_C(1));
  record_missed_free(header, p);
  struct silt_live_entry entry = {.address = (uintptr_t)p,
                                  .size = size,
                                  .time = silt_os_monotonic(),
                                  .site = id,
                                  .thread = silt_thread.id};
  if (!silt_live_insert(header, &entry)) silt_session_lose(header, SILT_LOST_LIVE_FULL, size);
  silt_ring_push(header, (struct silt_event){.time = entry.time,
                                             .address = entry.address,
                                             .size = size,
                                             .site = id,
                                             .thread = entry.thread,
                                             .operation = SILT_OP_ALLOC});
  silt_ceiling_end(began);
  silt_dump_after_alloc(header, entry.time, size, silt_intervals_bytes(step));
}

void silt_record_alloc(const void *p, uint64_t size) {
  if (!p || silt_thread.resolving) return;
  int saved = errno;
  uint32_t step;
  uint64_t began = silt_ceiling_begin();
  if (silt_sampler_due(size, &step)) {
    struct silt_header *header = silt_session_current();
    if (SILT_UNLIKELY(!header)) {
      header = silt_tables_session();
      began = 0;
    }
    if (header && silt_capture_begin()) {
      // Again: a handler may have forked before the guard was set.
      header = silt_session_current();
      if (header) {
        // The cache lines are loaded while the stack is walked.
        silt_live_prefetch(header, (uintptr_t)p);
        silt_ring_prefetch(header);
        record(header, p, size, step, began);
      }
      silt_capture_end();
    } else if (header) {
      silt_session_lose(header, SILT_LOST_NESTED, size);
    }
  }
  errno = saved;
}

// The session, held: until record_let_go, a child that is forked on top of this frame keeps memory
// in its place. It is asked for twice: a child's first question throws its parent's session away,
// and must not find it held; and a handler may have forked before it was.
static struct silt_header *record_hold(uint8_t *before) {
  *before = silt_thread.taking;
  if (!silt_session_current()) return NULL;
  silt_thread.taking = 1;
  signal_fence();
  return silt_session_current();
}

static void record_let_go(uint8_t before) {
  signal_fence();
  silt_thread.taking = before;
}

bool silt_record_take(const void *p, struct silt_live_entry *entry) {
  uint8_t before;
  uint64_t began = silt_ceiling_begin();
  struct silt_header *header = record_hold(&before);
  bool taken = header && p && silt_live_remove(header, (uintptr_t)p, entry);
  record_let_go(before);
  silt_ceiling_end(began);
  return taken;
}

// Whether an entry is of the parent's session: a handler forked between taking it out and this.
static bool record_is_inherited(const struct silt_header *header,
                                const struct silt_live_entry *entry) {
  return entry->time < header->start_monotonic;
}

void silt_record_freed(const struct silt_live_entry *entry) {
  uint8_t before;
  uint64_t began = silt_ceiling_begin();
  struct silt_header *header = record_hold(&before);
  if (header && !record_is_inherited(header, entry)) {
    silt_ring_prefetch(header);
    record_free(header, entry, began);
  }
  record_let_go(before);
}

void silt_record_put_back(const struct silt_live_entry *entry) {
  uint8_t before;
  struct silt_header *header = record_hold(&before);
  if (header && !record_is_inherited(header, entry) && !silt_live_insert(header, entry))
    silt_session_lose(header, SILT_LOST_TABLE_RACE, entry->size);
  record_let_go(before);
}
