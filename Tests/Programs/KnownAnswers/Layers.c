// SPDX-License-Identifier: Apache-2.0
//
// An allocator that only its callers show: take() hands out memory to nine functions, one of which asked more than a second
// before the others. Everything is in use at the end.

#define _GNU_SOURCE
#include <stdlib.h>
#include <time.h>

#include "truth.h"

static void *volatile kept[9];

ANSWER static void *take(size_t size) {
  void *block = malloc(size);
  __asm__ volatile("" : "+r"(block));
  return block;
}

#define FUNCTION(number)                 \
  ANSWER static void ask##number(void) { \
    kept[number] = take(1000 + number);  \
    __asm__ volatile("");                \
  }
FUNCTION(0)
FUNCTION(1)
FUNCTION(2)
FUNCTION(3)
FUNCTION(4)
FUNCTION(5)
FUNCTION(6)
FUNCTION(7)
FUNCTION(8)

int main(void) {
  ask0();
  struct timespec rest = {1, 300000000};
  while (nanosleep(&rest, &rest)) continue;
  ask1();
  ask2();
  ask3();
  ask4();
  ask5();
  ask6();
  ask7();
  ask8();
  return 0;
}
