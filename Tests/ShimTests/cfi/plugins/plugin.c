// SPDX-License-Identifier: Apache-2.0
//
// Built twice with frames of different size, so that the same address needs two different rules.
#include <stdint.h>

uint64_t plugin_call(uint64_t (*callback)(void), uint64_t n);

uint64_t plugin_call(uint64_t (*callback)(void), uint64_t n) {
  volatile char pad[PAD];
  pad[n] = 1;
  return callback() + (uint64_t)pad[n];
}
