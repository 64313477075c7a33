// SPDX-License-Identifier: Apache-2.0
//
// Makes call stacks of a given depth. A path leads through 64 functions that differ in frame size,
// saved registers and call sites, two frames a level, and calls its leaf at the end. The same seed
// and number of levels give the same stack.
#ifndef PATHS_H
#define PATHS_H

#include <stdint.h>

struct path {
  uint64_t random;
  uint32_t levels;
  void (*leaf)(void *);
  void *argument;
};

typedef void path_function(struct path *);
static path_function *const path_functions[64];

static __attribute__((noinline)) void path_descend(struct path *path) {
  if (path->levels-- == 0) {
    path->leaf(path->argument);
  } else {
    path->random = path->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    path_functions[path->random >> 58](path);
  }
  __asm__ volatile("");  // no tail call
}

// clang-format off
#define F(n)                                                                \
  static __attribute__((noinline)) void path_##n(struct path *path) {       \
    volatile char pad[16 + (n) % 7 * 24];                                   \
    pad[0] = (char)path->levels;                                            \
    if (path->random & 4) {                                                 \
      path_descend(path);                                                   \
      pad[1] = pad[0];                                                      \
    } else if (path->random & 16) {                                         \
      uint64_t keep = path->random ^ (uint64_t)pad[0];                      \
      path_descend(path);                                                   \
      pad[2] = (char)keep;                                                  \
    } else {                                                                \
      path_descend(path);                                                   \
      pad[3] = (char)n;                                                     \
    }                                                                       \
  }
#define F8(n) F(n##0) F(n##1) F(n##2) F(n##3) F(n##4) F(n##5) F(n##6) F(n##7)
#define N8(n) path_##n##0, path_##n##1, path_##n##2, path_##n##3, path_##n##4, path_##n##5, path_##n##6, path_##n##7
F8(1) F8(2) F8(3) F8(4) F8(5) F8(6) F8(7) F8(8)
static path_function *const path_functions[64] = {N8(1), N8(2), N8(3), N8(4), N8(5), N8(6), N8(7), N8(8)};
#undef F
#undef F8
#undef N8
// clang-format on

// Calls leaf(argument) at the end of the path that `seed` names.
static inline void path_walk(uint64_t seed, uint32_t levels, void (*leaf)(void *), void *argument) {
  struct path path = {.random = seed * UINT64_C(0x9e3779b97f4a7c15),
                      .levels = levels,
                      .leaf = leaf,
                      .argument = argument};
  path_descend(&path);
}

#endif
