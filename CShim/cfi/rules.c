// SPDX-License-Identifier: Apache-2.0
//
// An insertion and an unload may meet: either the unloading thread clears the new entry, or the
// inserting thread sees the unload and removes the entry itself.
#define _GNU_SOURCE
#include "cfi/rules.h"

#define BUSY_MASK UINT64_C(0xffffffff)
#define BEGUN UINT64_C(0x100000000)

// 512 KiB, but only the pages that have entries take memory.
_Alignas(64) uint64_t silt_rules_table[1 << SILT_RULES_LINES_LOG2][SILT_RULES_WAYS];
uint64_t silt_rules_unloads;

uint64_t silt_rules_cleared;
static uint64_t rules_evictions;
// Whether something was inserted since the table was cleared. Said before it is.
static uint32_t rules_inserted;
static __thread uint32_t rules_unloading_here;

void silt_rules_insert(uint64_t pc, uint32_t rule, uint64_t epoch) {
  uint64_t key = silt_rules_key(pc);
  if (silt_rules_bypassed(epoch) || key >> SILT_RULES_KEY_BITS != 0) return;
  uint64_t *line = silt_rules_line(key);
  int way = 0;
  while (way < SILT_RULES_WAYS && load_relaxed(&line[way]) != 0) way++;
  if (way == SILT_RULES_WAYS) {
    way = (int)(add_relaxed(&rules_evictions, 1) * UINT64_C(0x9e3779b97f4a7c15) >> 61);
  }
  if (!load_relaxed(&rules_inserted)) store_relaxed(&rules_inserted, 1u);
  store_relaxed(&line[way], key >> SILT_RULES_LINES_LOG2 << SILT_RULE_BITS | rule);
  // Pairs with the fence in silt_rules_unload_end: see the head of this file.
  fence_seq_cst();
  if (load_relaxed(&silt_rules_unloads) != epoch) store_relaxed(&line[way], 0);
}

// Of an insertion that has said so before an unload and stores after it, the entry does not stay.
static void rules_clear(void) {
  if (!load_relaxed(&rules_inserted)) return;
  store_relaxed(&rules_inserted, 0u);
  fence_seq_cst();
  for (size_t line = 0; line < sizeof silt_rules_table / sizeof silt_rules_table[0]; line++) {
    for (int way = 0; way < SILT_RULES_WAYS; way++) {
      // Writes only where an entry is: other pages stay without memory.
      if (load_relaxed(&silt_rules_table[line][way]) != 0) {
        store_relaxed(&silt_rules_table[line][way], 0);
      }
    }
  }
}

void silt_rules_unload_begin(void) {
  rules_unloading_here++;
  add_acq_rel(&silt_rules_unloads, BEGUN + 1);
}

void silt_rules_unload_end(void) {
  fence_seq_cst();  // pairs with the fence in silt_rules_insert
  rules_clear();
  add_acq_rel(&silt_rules_cleared, UINT64_C(1));
  rules_unloading_here--;
  add_acq_rel(&silt_rules_unloads, -UINT64_C(1));
}

void silt_rules_after_fork(void) {
  uint64_t unloads = load_relaxed(&silt_rules_unloads);
  if ((unloads & BUSY_MASK) == rules_unloading_here) return;
  rules_clear();
  store_relaxed(&silt_rules_unloads, (unloads & ~BUSY_MASK) + BEGUN + rules_unloading_here);
}
