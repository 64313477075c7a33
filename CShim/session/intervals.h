// SPDX-License-Identifier: Apache-2.0
//
// The intervals that this process has sampled with, and the one in force. Step k is the configured
// interval times 2^k; the steps up to the highest that was ever in force stand in the header, and a
// site names its interval by its step. Who changes it, and why, is the business of
// sample/ceiling.h.
//
// A step that any thread may sample with is in the header of each session that there is: a forked
// child's has all those of its parent. Lock-free but for the change, which one thread makes at a
// time.
#ifndef SILT_INTERVALS_H
#define SILT_INTERVALS_H

#include "base/base.h"

// The step in force.
uint32_t silt_intervals_now(void);

// The interval of a step, bytes. Any number will do, as one that was read from a file.
uint64_t silt_intervals_bytes(uint32_t step);

// The highest step that there may be.
uint32_t silt_intervals_highest(void);

// Writes the intervals into the header of a new session, and reserves the sites that wait for each.
void silt_intervals_plan(struct silt_header *plan);

// Brings another step into force, and those below it into the header. With all signals blocked, as
// a handler that forks would leave the child a header that lacks it. Only with a ceiling. False if
// it stays what it was.
bool silt_intervals_change(struct silt_header *header, uint32_t step);

#endif
