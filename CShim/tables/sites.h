// SPDX-License-Identifier: Apache-2.0
//
// The sites: a stack, a size class, an interval, and the counters of what was sampled there. A hash
// table that only grows: sites are appended to their region and linked into chains, and never move
// or go away.
//
// Lock-free and async-signal-safe. Two threads that meet a new site together may both append it;
// readers see two with the same content and add them up.
#ifndef SILT_SITES_H
#define SILT_SITES_H

#include "session/regions.h"

// What tells a site from another.
struct silt_site_key {
  uint32_t stack;
  uint16_t size_class;
  uint8_t interval;
  uint8_t flags;
};

// The id of a site; 0 if there is none and, with `add`, no room either.
uint32_t silt_sites_find(struct silt_header *header, const struct silt_site_key *key, bool add);

// The site that collects what no other could be made for: it has no stack and a coarse size class,
// and always exists.
uint32_t silt_sites_overflow(struct silt_header *header, uint32_t interval, uint32_t size_class);

static inline struct silt_site *silt_site_at(struct silt_header *header, uint32_t site) {
  return silt_region_at(header, SILT_REGION_SITES, site);
}

#endif
