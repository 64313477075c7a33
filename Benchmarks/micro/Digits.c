// SPDX-License-Identifier: Apache-2.0
//
// After cfrac: arithmetic with numbers of many digits, each result in a small block of its own that
// does not live long. An operation is the next Fibonacci number modulo a large one, of three such
// blocks.
//
//   Digits OPERATIONS
#define _GNU_SOURCE
#include <string.h>

#include "lib/clock.h"

enum { LIMBS = 6 };

struct number {
  uint32_t size;
  uint32_t limbs[];
};

static struct number *make(uint32_t size) {
  struct number *made = malloc(sizeof *made + size * sizeof made->limbs[0]);
  if (!made) abort();
  made->size = size;
  return made;
}

static struct number *add(const struct number *a, const struct number *b) {
  uint32_t size = (a->size > b->size ? a->size : b->size) + 1;
  struct number *sum = make(size);
  uint64_t carry = 0;
  for (uint32_t i = 0; i < size; i++) {
    carry += (i < a->size ? a->limbs[i] : 0) + (uint64_t)(i < b->size ? b->limbs[i] : 0);
    sum->limbs[i] = (uint32_t)carry;
    carry >>= 32;
  }
  return sum;
}

// Without its leading zeros, and no longer than LIMBS.
static struct number *normalize(struct number *number) {
  uint32_t size = number->size;
  while (size > 1 && number->limbs[size - 1] == 0) size--;
  struct number *short_one = make(size < LIMBS ? size : LIMBS);
  memcpy(short_one->limbs, number->limbs, short_one->size * sizeof number->limbs[0]);
  free(number);
  return short_one;
}

int main(int argc, char **argv) {
  long operations = argc > 1 ? atol(argv[1]) : 1000000;
  warm_up();
  struct number *a = make(1), *b = make(1);
  a->limbs[0] = 0;
  b->limbs[0] = 1;
  double start = cpu_ns();
  for (long i = 0; i < operations; i++) {
    struct number *next = normalize(add(a, b));
    free(a);
    a = b;
    b = next;
  }
  report(start, (double)operations);
  escape(a);
  return 0;
}
