// SPDX-License-Identifier: Apache-2.0
//
// The library that swaps.c loads, built once for each SIZE.
#include <stdlib.h>

void *swapped_alloc(void) {
  void *volatile block = malloc(SIZE);
  return block;
}
