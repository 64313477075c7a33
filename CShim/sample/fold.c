// SPDX-License-Identifier: Apache-2.0
//
// The path grows from the end of the array downwards and is never longer than what it was made
// from, so it overwrites nothing that is still to be read.
#include "sample/fold.h"

#include "cfi/find.h"
#include "tables/pairs.h"

enum { CACHE_SETS = 1024, SLOTS = 2 * SILT_MAX_DEPTH };

// From a pc to the start of its function.
static _Alignas(64) struct silt_pair fold_pairs[CACHE_SETS * SILT_PAIRS_WAYS];
static struct silt_pairs fold_cache = {.pairs = fold_pairs, .mask = 15, .most = CACHE_SETS - 1};

// Code without call-frame information stands for itself.
static SILT_COLD uint64_t fold_find_function(uint64_t pc) {
  struct silt_cfi_entry entry;
  return silt_cfi_find(pc, &entry) == SILT_CFI_FOUND ? entry.start : pc;
}

static uint64_t fold_function(uint64_t pc, const struct silt_moment *moment) {
  if (SILT_UNLIKELY(!moment->settled)) return fold_find_function(pc);
  uint64_t key = silt_mix(pc ^ moment->seed);
  uint64_t function = silt_pairs_get(&fold_cache, key);
  if (function) return function;
  function = fold_find_function(pc);
  silt_pairs_put(&fold_cache, key, function);
  return function;
}

// The functions on the path, outermost first, and a hash table of their places in it.
struct path {
  uint32_t length;
  uint64_t functions[SILT_MAX_DEPTH];
  uint8_t slots[SLOTS];  // place + 1; 0: empty. A slot of what was cut off is passed over
};

// Where a function is on the path; its length: it is not.
static uint32_t fold_place(struct path *path, uint64_t function) {
  uint32_t slot = (uint32_t)silt_mix(function) % SLOTS;
  for (; path->slots[slot]; slot = (slot + 1) % SLOTS) {
    uint32_t place = path->slots[slot] - 1u;
    if (place < path->length && path->functions[place] == function) return place;
  }
  path->slots[slot] = (uint8_t)(path->length + 1);
  return path->length;
}

uint32_t silt_fold(uint64_t *pcs, uint32_t depth, const struct silt_moment *moment) {
  struct path path;
  path.length = 0;
  __builtin_memset(path.slots, 0, sizeof path.slots);
  if (depth <= SILT_INNERMOST) return depth;
  for (uint32_t i = depth; i-- > SILT_INNERMOST;) {
    uint64_t pc = pcs[i], function = fold_function(pc, moment);
    uint32_t place = fold_place(&path, function);
    path.functions[place] = function;
    path.length = place + 1;
    pcs[depth - 1 - place] = pc;
  }
  uint32_t left = path.length + SILT_INNERMOST;
  __builtin_memmove(pcs + depth - left, pcs, SILT_INNERMOST * sizeof *pcs);
  return left;
}
