// SPDX-License-Identifier: Apache-2.0
//
// Where a sample's stack is kept. There is always a place: as the regions fill, less and less of a
// new stack is kept (enum silt_tier), and at last none, so that no sample is dropped for want of
// room. Stacks that are kept already stay what they are.
//
// Lock-free and async-signal-safe. Nearly every sample is of a known stack and costs one look into
// a cache; that cache grows to 1 MiB, and what it forgets is looked up in the session.
#ifndef SILT_PLACE_H
#define SILT_PLACE_H

#include "tables/moment.h"

struct silt_place {
  uint32_t id;          // of the site, or of the stack; never 0
  enum silt_tier tier;  // what was kept
};

// The site of an allocation of `size` bytes on the calling thread's stack, sampled with the
// interval of that index in the header. `pcs` may be changed.
struct silt_place silt_place_site(struct silt_header *header, uint64_t *pcs, uint32_t depth,
                                  uint8_t end, uint64_t size, uint32_t interval,
                                  const struct silt_moment *moment);

// The stack alone.
struct silt_place silt_place_stack(struct silt_header *header, uint64_t *pcs, uint32_t depth,
                                   uint8_t end, const struct silt_moment *moment);

#endif
