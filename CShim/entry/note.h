// SPDX-License-Identifier: Apache-2.0
//
// What the three files of interposed names share: how an allocation that has been made, and a block
// that is about to go, are told to the recorder.
#ifndef SILT_NOTE_H
#define SILT_NOTE_H

#include "entry/next.h"
#include "sample/record.h"
#include "sample/sampler.h"
#include "session/filter.h"

// On a slow path that was entered for the sake of this allocation.
static inline void *silt_note_alloc(void *p, size_t size) {
  silt_record_alloc(p, size);
  return p;
}

// On any slow path, before the block is freed for good.
static inline void silt_note_free(void *p) {
  struct silt_live_entry entry;
  if (silt_record_take(p, &entry)) silt_record_freed(&entry);
}

// On any slow path, around a call that may move or resize a block in place. `failed` is what the
// next function answered; a block that was not sampled before may be now.
static inline void silt_note_resized(const struct silt_live_entry *before, bool failed, void *p,
                                     size_t size) {
  if (before && failed) silt_record_put_back(before);
  if (before && !failed) silt_record_freed(before);
  if (!failed && p && !silt_sampler_passes(size)) silt_record_alloc(p, size);
}

#endif
