// SPDX-License-Identifier: Apache-2.0
//
// The parts of the slow path, each timed. libparts.so is CShim/ without entry/, so that a program
// can call these parts itself. All times are in nanoseconds and include the clock's own cost.
#ifndef PARTS_H
#define PARTS_H

#include <stdint.h>

// What a sample and its free go through, in that order.
enum part { UNWIND, SITE, LIVE, RING, REMOVE, SAMPLE, FREE, PARTS };

struct sample {
  uint64_t address, size;
  uint64_t old;        // sampled a while ago, freed now; 0: none
  uint64_t ns[PARTS];  // SAMPLE and FREE: the whole way
  uint32_t frames;
};

// Once, on the main thread: reads the settings and makes the session.
void parts_begin(void);

// Puts `count` live samples into the table, spread over 100 GiB of addresses.
void parts_fill(uint64_t count);

// The i-th address of those; also of allocations that were never sampled, where i >= 2^32.
uint64_t parts_address(uint64_t i);

// Takes one sample from where it is called and frees an old one: part by part, or as a whole.
void parts_sample(void *sample);
void parts_whole(void *sample);

// Does what every free does, for `count` blocks; returns how many the filter could not rule out.
uint64_t parts_free(const uint64_t *addresses, uint64_t count);

#endif
