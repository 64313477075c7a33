// SPDX-License-Identifier: Apache-2.0
//
// What the meaning of an address depends on: the process, since ids are of its session, and what
// has been unloaded so far. Taken after a stack has been walked, and good for that stack: nothing
// that is on it can be unloaded meanwhile.
#ifndef SILT_MOMENT_H
#define SILT_MOMENT_H

#include "session/owner.h"

struct silt_moment {
  uint64_t seed;  // stands in every key of a cache of addresses
  bool settled;   // nothing is just being unloaded; else no such cache is read or filled
};

static inline struct silt_moment silt_moment(uint64_t unloads, bool settled) {
  uint64_t process = (uint64_t)silt_owner_generation() << 40;
  return (struct silt_moment){silt_mix(process ^ unloads), settled};
}

#endif
