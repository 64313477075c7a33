// SPDX-License-Identifier: Apache-2.0
//
// A program that takes memory until somebody kills it: one function holds nearly all of it. It begins when it is told to.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *volatile kept;

__attribute__((noinline)) static void *modest(size_t size) {
  void *block = malloc(size);
  if (block) memset(block, 1, size);
  return block;
}

__attribute__((noinline)) static void *hog(size_t size) {
  void *block = malloc(size);
  // The kernel counts what is written to.
  if (block) memset(block, 1, size);
  return block;
}

int main(void) {
  for (int i = 0; i < 16; i++) kept = modest(1 << 16);
  puts("ready");
  fflush(stdout);
  while (getchar() == '\n')
    for (int i = 0; i < 8; i++) kept = hog(1 << 20);
  return 0;
}
