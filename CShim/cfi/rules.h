// SPDX-License-Identifier: Apache-2.0
//
// The table from an address to its packed rule, shared by all threads. It is a cache: a lost entry
// costs one look-up.
//
// Callers: any thread, any signal handler; no lock, no wait. An entry is one word, so it is never
// read half. Full: a random entry of the line is replaced. Stale: after a dlclose has unmapped
// something the whole table is cleared, and from before the unmapping until then no walk uses the
// table. Code that is unloaded in another way is noticed at the next dlclose. Until then a walk may
// use the rule of other code; that can give a wrong frame but no crash, because walks read only
// proven stack.
#ifndef SILT_RULES_H
#define SILT_RULES_H

#include "cfi/rule.h"

#define SILT_RULES_LINES_LOG2 13
#define SILT_RULES_WAYS 8  // a line is a cache line
#define SILT_RULES_KEY_BITS 47
#define SILT_RULES_TAG_BITS (SILT_RULES_KEY_BITS - SILT_RULES_LINES_LOG2)

_Static_assert(SILT_RULES_TAG_BITS + SILT_RULE_BITS == 64, "an entry is one word");

extern uint64_t silt_rules_table[1 << SILT_RULES_LINES_LOG2][SILT_RULES_WAYS] SILT_HIDDEN;

// Low half: how many unloads are running. High half: how many have ever begun.
extern uint64_t silt_rules_unloads SILT_HIDDEN;

// How many unloads have cleared the table.
extern uint64_t silt_rules_cleared SILT_HIDDEN;

// A walk takes this before it looks anything up.
static inline uint64_t silt_rules_epoch(void) {
  return load_acquire(&silt_rules_unloads);
}

static inline bool silt_rules_bypassed(uint64_t epoch) {
  return (uint32_t)epoch != 0;
}

// The key of the code before `pc`, a return address.
static inline uint64_t silt_rules_key(uint64_t pc) {
#if defined(__aarch64__)
  return pc >> 2;
#else
  return pc;
#endif
}

// The line is the low LINES_LOG2 bits of key ^ key >> LINES_LOG2 (here computed in bytes, which
// saves two cycles a frame). An entry holds the key's high bits and the rule. Line and high bits
// together determine the key, so a match is exact.
static inline uint64_t *silt_rules_line(uint64_t key) {
  enum { LINE_LOG2 = 6, MASK = ((1 << SILT_RULES_LINES_LOG2) - 1) << LINE_LOG2 };
  uint64_t offset = (key << LINE_LOG2 ^ key >> (SILT_RULES_LINES_LOG2 - LINE_LOG2)) & MASK;
  return (uint64_t *)((char *)silt_rules_table + offset);
}

// The rule for the code before `pc`, or SILT_RULE_NONE.
static inline uint32_t silt_rules_find(uint64_t pc) {
  uint64_t key = silt_rules_key(pc);
  const uint64_t *line = silt_rules_line(key);
  for (int way = 0; way < SILT_RULES_WAYS; way++) {
    uint64_t entry = load_relaxed(&line[way]);
    // A key of more than KEY_BITS bits matches nothing.
    if (entry >> SILT_RULE_BITS == key >> SILT_RULES_LINES_LOG2) {
      return entry & ((UINT32_C(1) << SILT_RULE_BITS) - 1);
    }
  }
  return SILT_RULE_NONE;
}

// Inserts a rule that was found after `epoch` was taken, unless an unload has begun since.
void silt_rules_insert(uint64_t pc, uint32_t rule, uint64_t epoch);

// Around every dlclose, on the same thread; may nest.
void silt_rules_unload_begin(void);
void silt_rules_unload_end(void);

// In a forked child. Unloads that other threads had begun will never end there.
void silt_rules_after_fork(void);

#endif
