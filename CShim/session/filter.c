// SPDX-License-Identifier: Apache-2.0
//
// A full counter stays full for ever. That costs some searches; a counter that is too low would
// lose a free.
#include "session/filter.h"

_Alignas(4096) uint8_t silt_filter[SILT_FILTER_SIZE];

void silt_filter_pin(uintptr_t address) {
  store_relaxed(silt_filter_counter(address), (uint8_t)SILT_FILTER_STUCK);
}

void silt_filter_add(uintptr_t address) {
  uint8_t *counter = silt_filter_counter(address);
  uint8_t count = load_relaxed(counter);
  while (count != SILT_FILTER_STUCK && !cas_relaxed(counter, &count, (uint8_t)(count + 1))) {
  }
}

void silt_filter_subtract(uintptr_t address) {
  uint8_t *counter = silt_filter_counter(address);
  uint8_t count = load_relaxed(counter);
  while (count != SILT_FILTER_STUCK && count != 0 &&
         !cas_relaxed(counter, &count, (uint8_t)(count - 1))) {
  }
}
