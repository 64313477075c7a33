// SPDX-License-Identifier: Apache-2.0
//
// What the meaning of an address depends on: the session, since ids are of one, and what has been
// unloaded so far. Taken after a stack has been walked, and good for that stack: nothing
// that is on it can be unloaded meanwhile.
#ifndef SILT_MOMENT_H
#define SILT_MOMENT_H

#include "base/base.h"
#include "session/owner.h"

struct silt_moment {
  uint64_t seed;  // stands in every key of a cache of addresses
  bool settled;   // nothing is just being unloaded; else no such cache is read or filled
};

// The session by its address as well: a child that a handler forked into a recording goes on with
// scratch memory (session/owner.h), and what it finds there must not be found in its own session.
static inline struct silt_moment silt_moment(const struct silt_header *header, uint64_t unloads,
                                             bool settled) {
  uint64_t session = (uint64_t)silt_owner_generation() << 48 ^ (uintptr_t)header;
  return (struct silt_moment){silt_mix(session + unloads * UINT64_C(0x9e3779b97f4a7c15)), settled};
}

#endif
