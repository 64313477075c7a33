// SPDX-License-Identifier: Apache-2.0
//
// A writer that is overtaken by a whole round may leave a mixture in its slot: the check tells
// readers.
#include "ring.h"

#include "session.h"

void silt_ring_push(struct silt_header *header, struct silt_event event) {
  struct silt_region *region = &header->regions[SILT_REGION_RING];
  uint64_t position = add_relaxed(&region->used, UINT64_C(1));
  uint64_t index = position % region->capacity;
  // Blocks are present up to the first gap only; an event that finds none is as good as
  // overwritten.
  if (position < region->capacity && !silt_region_back(header, SILT_REGION_RING, index + 1)) return;
  if (SILT_UNLIKELY((index + 1) * sizeof event > load_acquire(&region->backed))) return;
  struct silt_event *slot = silt_region_at(header, SILT_REGION_RING, index);
  event.sequence = position + 1;
  event.check = silt_event_check(&event);
  store_relaxed(&slot->sequence, UINT64_C(0));
  __atomic_thread_fence(__ATOMIC_RELEASE);
  slot->time = event.time;
  slot->address = event.address;
  slot->size = event.size;
  slot->born = event.born;
  slot->site = event.site;
  slot->thread = event.thread;
  slot->operation = event.operation;
  slot->check = event.check;
  store_release(&slot->sequence, event.sequence);  // pairs with readers of the file
}
