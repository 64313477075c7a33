// SPDX-License-Identifier: Apache-2.0
//
// The regions of a session: how its capacity is shared among them, and how elements are claimed.
// A region only ever grows, and its blocks are reserved before anything is written there. Knows
// nothing of what the elements are. Lock-free and async-signal-safe.
#ifndef SILT_REGIONS_H
#define SILT_REGIONS_H

#include "base/base.h"

// Fills the descriptors of a session of `capacity` bytes at most; returns the size that it has.
uint64_t silt_regions_lay_out(struct silt_region *regions, uint64_t capacity);

// Makes present, in the mapping at `address`, the header and what is in use from the start,
// whatever happens to the disk later: above all the sites for samples that no other can be made
// for. Then fills the frames that always exist. 0, or an error of the disk.
int silt_regions_begin(struct silt_header *plan, void *address);

// Claims `count` elements at the end of a region and makes their blocks present. False when the
// region or the disk is full; the caller counts that.
bool silt_region_claim(struct silt_header *header, enum silt_region_kind kind, uint64_t count,
                       uint64_t *first);

// How many elements from the start have been claimed and not refused. Beyond, blocks may be
// missing: on a full disk even a read there is a SIGBUS.
uint64_t silt_region_count(struct silt_header *header, enum silt_region_kind kind);

// Makes the first `elements` of a region present, for regions that are not claimed in order.
bool silt_region_back(struct silt_header *header, enum silt_region_kind kind, uint64_t elements);

static inline void *silt_region_at(struct silt_header *header, enum silt_region_kind kind,
                                   uint64_t index) {
  struct silt_region *region = &header->regions[kind];
  return (char *)header + region->offset + index * region->element_size;
}

#endif
