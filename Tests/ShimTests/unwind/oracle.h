// SPDX-License-Identifier: Apache-2.0
//
// What the preloaded oracle and its runner share: counters in a mapped file, so that every process
// of a program adds to the same ones and none is lost when a process is killed.
#ifndef SILT_TEST_ORACLE_H
#define SILT_TEST_ORACLE_H

#include <stdint.h>

enum {
  ORACLE_SAMPLES = 0,
  ORACLE_EQUAL,        // the same frames, the same end
  ORACLE_LONGER,       // libunwind's stack is the beginning of ours
  ORACLE_EARLY_DEPTH,  // ours is the beginning of libunwind's; why it ended
  ORACLE_EARLY_UNWIND,
  ORACLE_EARLY_BOUNDS,
  ORACLE_EARLY_COMPLETE,  // ours took a frame for the outermost that is not: wrong
  ORACLE_GUESSED,         // differs above a frame that was guessed past, and says so
  ORACLE_DIFFERENT,       // differs, and does not say so: wrong
  ORACLE_FRAMES,
  ORACLE_SHOWN,  // differing stacks printed so far
  ORACLE_COUNTERS = 16,
};

#define ORACLE_DEPTH 128

#endif
