// SPDX-License-Identifier: Apache-2.0
//
// The regions of a session: how its capacity is shared among them, and how elements are claimed.
// A region only ever grows, and its blocks are reserved before anything is written there. Knows
// nothing of what the elements are. Lock-free and async-signal-safe.
//
// The descriptors in the header are for readers. The file can be written by others, so the shim
// itself goes by a private copy: whatever is written there, no address leaves the mapping, and no
// divisor is 0.
#ifndef SILT_REGIONS_H
#define SILT_REGIONS_H

#include "base/base.h"

// The most records of threads. The kernel's limit on mappings stops a process at about half as many
// threads.
#define SILT_THREADS_MAX 65536u

struct silt_region_bounds {
  uint64_t offset;
  uint64_t capacity;  // elements; never 0 in a region that is laid out
  uint64_t backed;    // bytes from the start that may be touched
  uint64_t element_size;
};
extern struct silt_region_bounds silt_region_bounds[SILT_REGION_COUNT] SILT_HIDDEN;

// Fills the descriptors of a session of `capacity` bytes at most, and the private copy; returns the
// size that the session has. One caller at a time, before there is a session.
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

// The most bytes that a sample makes present: it waits while the kernel clears them.
#define SILT_REGION_PIECE (UINT64_C(256) << 10)

// The same for much at once: a piece of `bytes` with each call, which is a multiple of the largest
// page. True when all is present.
bool silt_region_back_piece(struct silt_header *header, enum silt_region_kind kind,
                            uint64_t elements, uint64_t bytes);

static inline uint64_t silt_region_capacity(enum silt_region_kind kind) {
  return silt_region_bounds[kind].capacity;
}

// For regions whose `used` does not run on beyond the capacity.
static inline uint64_t silt_region_used(const struct silt_header *header,
                                        enum silt_region_kind kind) {
  uint64_t used = load_acquire(&header->regions[kind].used);
  return SILT_LIKELY(used <= silt_region_capacity(kind)) ? used : silt_region_capacity(kind);
}

// The address of an element that was claimed. An index beyond what may be touched, which can only
// come from a file that somebody else has written, gives the first element.
static inline void *silt_region_at(struct silt_header *header, enum silt_region_kind kind,
                                   uint64_t index) {
  const struct silt_region_bounds *bounds = &silt_region_bounds[kind];
  uint64_t at = index * bounds->element_size;
  if (SILT_UNLIKELY(at >= load_relaxed(&bounds->backed))) at = 0;
  return (char *)header + bounds->offset + at;
}

#endif
