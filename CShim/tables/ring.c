// SPDX-License-Identifier: Apache-2.0
//
// Two writers may write the same slot, if one is so slow that the others go once around the ring.
// The slot may then have a mixture of both events: its check is wrong, and readers drop it.
#include "tables/ring.h"

#include "session/regions.h"

void silt_ring_prefetch(struct silt_header *header) {
  uint64_t index = load_relaxed(&header->regions[SILT_REGION_RING].used) %
                   silt_region_capacity(SILT_REGION_RING);
  prefetch_to_write(silt_region_at(header, SILT_REGION_RING, index));
}

void silt_ring_push(struct silt_header *header, struct silt_event event) {
  const uint64_t capacity = silt_region_capacity(SILT_REGION_RING);
  uint64_t position = add_relaxed(&header->regions[SILT_REGION_RING].used, UINT64_C(1));
  uint64_t index = position % capacity;
  // On a full disk the blocks of this slot may be missing: the event is then dropped, like one that
  // has been overwritten.
  if (position < capacity && !silt_region_back(header, SILT_REGION_RING, index + 1)) return;
  if (SILT_UNLIKELY((index + 1) * sizeof event >
                    load_acquire(&silt_region_bounds[SILT_REGION_RING].backed)))
    return;
  struct silt_event *slot = silt_region_at(header, SILT_REGION_RING, index);
  event.sequence = position + 1;
  event.check = silt_event_check(&event);
  store_relaxed(&slot->sequence, UINT64_C(0));
  // Pairs with a reader that copies the slot and then reads `sequence` again: if its copy has
  // anything of this event, it no longer finds the old sequence.
  fence_release();
  store_relaxed(&slot->time, event.time);
  store_relaxed(&slot->address, event.address);
  store_relaxed(&slot->size, event.size);
  store_relaxed(&slot->born, event.born);
  store_relaxed(&slot->site, event.site);
  store_relaxed(&slot->thread, event.thread);
  store_relaxed(&slot->operation, event.operation);
  store_relaxed(&slot->check, event.check);
  store_release(&slot->sequence, event.sequence);  // pairs with readers of the file
}

uint64_t silt_ring_time(struct silt_header *header, uint64_t back) {
  const uint64_t capacity = silt_region_capacity(SILT_REGION_RING);
  uint64_t end = load_relaxed(&header->regions[SILT_REGION_RING].used);
  if (back > end || back > capacity) return 0;
  uint64_t position = end - back, index = position % capacity;
  if ((index + 1) * sizeof(struct silt_event) >
      load_acquire(&silt_region_bounds[SILT_REGION_RING].backed))
    return 0;
  const struct silt_event *slot = silt_region_at(header, SILT_REGION_RING, index);
  return load_acquire(&slot->sequence) == position + 1 ? load_relaxed(&slot->time) : 0;
}
