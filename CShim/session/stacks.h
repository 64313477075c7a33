// SPDX-License-Identifier: Apache-2.0
//
// Interned stacks, and the sites (stack x size class) with their counters. Both are hash tables
// that only grow: elements are appended to their region and linked into chains, and never move or
// go away.
//
// Lock-free and async-signal-safe. Two threads that meet a new stack or site together may both
// append it; readers see two ids with the same content and add them up.
#ifndef SILT_STACKS_H
#define SILT_STACKS_H

#include "session/regions.h"

// The id of a stack, appended if it is new. 0 when it does not fit, which the caller counts.
uint32_t silt_stacks_intern(struct silt_header *header, const uint64_t *pcs, uint32_t depth,
                            uint8_t end);

// The id of the site of a stack and a size, both appended if they are new. 0 when one does not fit:
// `full` says which of the two, and the caller counts it.
uint32_t silt_sites_find(struct silt_header *header, const uint64_t *pcs, uint32_t depth,
                         uint8_t end, uint64_t size, enum silt_lost *full);

static inline struct silt_site *silt_site_at(struct silt_header *header, uint32_t site) {
  return silt_region_at(header, SILT_REGION_SITES, site);
}

#endif
