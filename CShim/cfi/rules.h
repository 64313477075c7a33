// SPDX-License-Identifier: Apache-2.0
//
// The table from an address to its packed rule, shared by all threads: a cache, so that what is
// lost or overwritten costs a look-up and nothing else.
//
// Callers: any thread, any signal handler; no lock, no wait. One word holds the whole entry, so
// none is ever torn. Full: a random one of the line's entries gives way. Stale: rules of unloaded
// code are cleared when dlclose has unmapped something; from before the unmapping until then the
// table is bypassed. Unloading that does not pass through dlclose is noticed at the next one; until
// then a walk may follow a rule of other code, which yields a wrong frame at worst (walks read only
// proven stack).
#ifndef SILT_RULES_H
#define SILT_RULES_H

#include "cfi/rule.h"

#define SILT_RULES_LINES_LOG2 13
#define SILT_RULES_WAYS 8  // a line is a cache line
#define SILT_RULES_KEY_BITS 47
#define SILT_RULES_TAG_BITS (SILT_RULES_KEY_BITS - SILT_RULES_LINES_LOG2)

_Static_assert(SILT_RULES_TAG_BITS + SILT_RULE_BITS == 64, "an entry is one word");

extern uint64_t silt_rules_table[1 << SILT_RULES_LINES_LOG2][SILT_RULES_WAYS]
    __attribute__((visibility("hidden")));

// Low half: unloads in progress. High half: unloads ever begun.
extern uint64_t silt_rules_unloads __attribute__((visibility("hidden")));

// Unloads so far, as the loader counts them, that the table is clear of.
extern uint64_t silt_rules_cleared __attribute__((visibility("hidden")));

// Taken before a walk looks anything up.
static inline uint64_t silt_rules_epoch(void) {
  return load_acquire(&silt_rules_unloads);
}

static inline bool silt_rules_bypassed(uint64_t epoch) {
  return (uint32_t)epoch != 0;
}

// What stands for the code before `pc`, a return address.
static inline uint64_t silt_rules_key(uint64_t pc) {
#if defined(__aarch64__)
  return pc >> 2;
#else
  return pc;
#endif
}

// An entry is the key's high bits, then the rule; the line follows from the whole key. Line and
// high bits together give the key back, so a match is exact. (Line: key ^ key >> LINES_LOG2, cut to
// LINES_LOG2 bits; here in bytes, which saves the inner loop two cycles.)
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
    // A key too wide for the table matches nothing.
    if (entry >> SILT_RULE_BITS == key >> SILT_RULES_LINES_LOG2) {
      return entry & ((UINT32_C(1) << SILT_RULE_BITS) - 1);
    }
  }
  return SILT_RULE_NONE;
}

// Keeps a rule found since `epoch`, unless something has been unloaded meanwhile.
void silt_rules_insert(uint64_t pc, uint32_t rule, uint64_t epoch);

// Around every dlclose, on the same thread; may nest.
void silt_rules_unload_begin(void);
void silt_rules_unload_end(void);

// In the child: unloads by threads that do not exist there will never end.
void silt_rules_after_fork(void);

#endif
