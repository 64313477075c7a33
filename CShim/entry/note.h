// SPDX-License-Identifier: Apache-2.0
//
// What the interposed allocation functions share: the notes that they give to the recorder, on a
// slow path, of an allocation that has been made and of a block that is about to be freed.
#ifndef SILT_NOTE_H
#define SILT_NOTE_H

#include "base/os.h"
#include "entry/next.h"
#include "sample/record.h"
#include "sample/sampler.h"
#include "tables/filter.h"

// After the allocation for which the slow path was taken.
static inline void *silt_note_alloc(void *p, size_t size) {
  silt_record_alloc(p, size);
  return p;
}

// The same, once, of a block that was asked for after a moment. What was called for it was not to
// be sampled, but a signal handler may have used up the loan: then it has recorded the block.
static inline void *silt_note_alloc_once(void *p, size_t size, uint64_t since) {
  struct silt_live_entry entry;
  bool known = p && silt_filter_maybe(p) && silt_record_take(p, &entry);
  if (known) silt_record_put_back(&entry);
  if (!known || entry.time < since) silt_record_alloc(p, size);
  return p;
}

// Before the block is freed.
static inline void silt_note_free(void *p) {
  struct silt_live_entry entry;
  if (silt_record_take(p, &entry)) silt_record_freed(&entry);
}

// After a call that may have moved or resized a block. `before` is its live entry, taken out before
// the call, or NULL. The block may be sampled now although it was not before.
static inline void silt_note_resized(const struct silt_live_entry *before, bool failed, void *p,
                                     size_t size) {
  if (before && failed) silt_record_put_back(before);
  if (before && !failed) silt_record_freed(before);
  if (!failed && p && !silt_sampler_passes(size)) silt_record_alloc(p, size);
}

#endif
