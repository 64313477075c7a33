// SPDX-License-Identifier: Apache-2.0
//
// Stands in for what the tables call and is tested elsewhere: the unwinder, the modules, the dumps.
#include "outside.h"

#include "dump.h"
#include "modules.h"
#include "unwind.h"

__thread uint64_t outside_pcs[SILT_MAX_DEPTH];
__thread uint32_t outside_depth;
__thread uint8_t outside_end;
__thread void (*outside_interruption)(void);

uint32_t silt_unwind(uint64_t pcs[SILT_UNWIND_ROOM], uint8_t *end) {
  void (*interruption)(void) = outside_interruption;
  outside_interruption = NULL;
  if (interruption) interruption();
  for (uint32_t i = 0; i < outside_depth; i++) pcs[i] = outside_pcs[i];
  *end = outside_end;
  return outside_depth;
}

void silt_modules_note(struct silt_header *header, const uint64_t *pcs, uint32_t depth) {
  (void)header;
  (void)pcs;
  (void)depth;
}

void silt_dump_after_alloc(struct silt_header *header, uint64_t now, uint64_t size) {
  (void)header;
  (void)now;
  (void)size;
}

void silt_dump_after_free(uint64_t size) {
  (void)size;
}
