// SPDX-License-Identifier: Apache-2.0
//
// Replaces the unwinder, which has its own tests.
#include "sample/given.h"

#include "sample/unwind.h"

__thread uint64_t given_pcs[SILT_MAX_DEPTH];
__thread uint32_t given_depth;
__thread uint8_t given_end;
__thread void (*given_interruption)(void);

uint32_t __wrap_silt_unwind(uint64_t pcs[SILT_UNWIND_ROOM], uint8_t *end);

uint32_t __wrap_silt_unwind(uint64_t pcs[SILT_UNWIND_ROOM], uint8_t *end) {
  void (*interruption)(void) = given_interruption;
  given_interruption = NULL;
  if (interruption) interruption();
  for (uint32_t i = 0; i < given_depth; i++) pcs[i] = given_pcs[i];
  *end = given_end;
  return given_depth;
}
