// SPDX-License-Identifier: Apache-2.0
//
// Decides which allocations are sampled: a Poisson process over requested bytes, so an allocation
// of s bytes is sampled with probability 1 - exp(-s / interval). Each thread counts down to its
// next sample; an allocation that is not sampled costs one test. Must not do statistics: readers do
// that.
#ifndef SILT_SAMPLER_H
#define SILT_SAMPLER_H

#include "base/base.h"

// The fast path: true if this allocation is not sampled. The countdown of a new thread is 0, and
// with an interval of 1 it stays 0: then every allocation takes the slow path, also one of 0 bytes.
// An absurdly large request, which will fail, does not change the countdown.
static inline bool silt_sampler_passes(uint64_t size) {
  uint64_t left = silt_thread.countdown;
  if (SILT_UNLIKELY(left <= size)) return false;
  silt_thread.countdown = left - size;
  return true;
}

// The slow path, after the allocation has succeeded: whether it is sampled. If so, says by which
// step of the interval (session/intervals.h), and draws the distance to the next sample. False
// while the settings cannot be read yet.
//
// A thread follows a change of the interval when it draws the next time, never in between: so each
// allocation has the one probability that its step says, whatever made the interval change.
bool silt_sampler_due(uint64_t size, uint32_t *step);

// In a forked child: makes its thread seed and draw again, as every new thread does. With the
// countdown of the parent, all its children would be sampled at the same place.
void silt_sampler_forked(void);

// Around a call whose allocations, of at most so many bytes, are not to be sampled. If the call
// throws an exception, what is left of the loan puts the next sample off by as much.
static inline uint64_t silt_sampler_lend(uint64_t bytes) {
  uint64_t left = silt_thread.countdown;
  silt_thread.countdown = left + bytes + 1;
  return left;
}

static inline void silt_sampler_take_back(uint64_t left) {
  silt_thread.countdown = left;
}

// A probe around one call tells whether that call reaches an interposed allocation function. The
// countdown is set aside and made 0, so that such a function takes its slow path, which ends the
// probe. If the call throws an exception, the thread's next allocation ends the probe.
void silt_sampler_probe(void);
// Ends the probe; true if the call reached an interposed function.
bool silt_sampler_probed(void);

#endif
