// SPDX-License-Identifier: Apache-2.0
//
// A library that is loaded, asked to allocate, and unloaded. Built more than once, with different
// names for ENTRY and with padding that puts ENTRY at another offset: when one copy takes the
// addresses of another, a stack must still name the function that was there when it was taken.
#include <stdlib.h>

#include "truth.h"

#ifdef PADDED
__attribute__((used)) static int padding(int x) {
  for (int i = 0; i < x; i++) x = x * 31 + (x >> 3);
  return x;
}
#endif

__attribute__((visibility("default"))) ANSWER struct block ENTRY(const char *owner, size_t size) {
#ifdef PADDED
  volatile char room[512] = {
      0};  // another frame size, so that the other copy's unwind rule is wrong here
  size += (size_t)room[size % sizeof room];
#endif
  return truth_take(owner, malloc(size), size);
}
