// SPDX-License-Identifier: Apache-2.0
//
// What the preloaded oracle and its runner share: counters in a mapped file, so that every process
// of a program adds to the same ones and none is lost when a process is killed.
#ifndef SILT_TEST_ORACLE_H
#define SILT_TEST_ORACLE_H

#include <stdint.h>

enum {
  ORACLE_SAMPLES = 0,
  ORACLE_FRAMES,
  // Each sample is one of these.
  ORACLE_EQUAL,    // the same frames
  ORACLE_LONGER,   // the other's stack is the beginning of ours
  ORACLE_EARLY,    // ours is the beginning of the other's, and says that it was cut
  ORACLE_GUESSED,  // differs above a guessed frame, and says that it guessed
  ORACLE_WRONG,    // differs, or is a beginning, and does not say so
  // What our walk said about its own end, whether right or wrong.
  ORACLE_END_DEPTH,
  ORACLE_END_UNWIND,
  ORACLE_END_BOUNDS,
  ORACLE_HAS_GUESS,
  ORACLE_SHOWN,  // wrong stacks printed so far
  ORACLE_COUNTERS = 16,
};

#define ORACLE_DEPTH 128

#endif
