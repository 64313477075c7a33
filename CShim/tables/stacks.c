// SPDX-License-Identifier: Apache-2.0
//
// From a place in the tree the next frame is in the next word, mostly; where paths part it is the
// first of a run, which is looked up among the heads by its parent and that frame.
#include "tables/stacks.h"

#include "session/regions.h"
#include "tables/frames.h"
#include "tables/heads.h"
#include "tables/pairs.h"

#define RUN_HEAD 2u  // words of a run before its first frame

// From a hash of outermost pcs to the word that they lead to.
enum { CACHE_SETS = 4096 };
static struct silt_pairs stack_cache = {.mask = 15, .most = CACHE_SETS - 1};

static uint32_t *stack_word(struct silt_header *header, uint64_t i) {
  return silt_region_at(header, SILT_REGION_STACKS, i);
}

// 0 is no frame, and stands where no word is. What is claimed is backed.
static uint32_t stack_read_word(struct silt_header *header, uint64_t i) {
  uint64_t end = silt_region_used(header, SILT_REGION_STACKS);
  return SILT_LIKELY(i < end) ? load_relaxed(stack_word(header, i)) : 0;
}

uint64_t silt_stacks_mark(const struct silt_trace *trace, const struct silt_moment *moment,
                          uint64_t marks[SILT_MARKS]) {
  // Multiplied: in its low bits a root would be taken for a difference of the first pc.
  uint64_t hash = moment->seed + trace->root * UINT64_C(0x9e3779b97f4a7c15);
  uint32_t left = trace->depth;
  for (; left >= SILT_MARK_STEP; left -= SILT_MARK_STEP) {
    *marks++ = hash;
    for (uint32_t i = 1; i <= SILT_MARK_STEP; i++)
      hash = (hash ^ trace->pcs[left - i]) * UINT64_C(0x9e3779b97f4a7c15) ^ (hash >> 29);
  }
  *marks = hash;
  while (left-- > 0) hash = (hash ^ trace->pcs[left]) * UINT64_C(0x9e3779b97f4a7c15) ^ (hash >> 29);
  return hash;
}

// A way down the tree, from the root towards the leaf.
struct descent {
  uint32_t at;      // the word reached
  uint32_t passed;  // frames from the root to there
  uint32_t depth;
  uint32_t frames[SILT_MAX_DEPTH];  // outermost first; those before the first mark are unset
  uint32_t marked[SILT_MARKS];      // the word reached after k * SILT_MARK_STEP frames
};

static void descent_step(struct descent *descent, uint32_t word) {
  descent->at = word;
  descent->passed++;
  if (descent->passed % SILT_MARK_STEP == 0)
    descent->marked[descent->passed / SILT_MARK_STEP] = word;
}

static uint64_t descent_run_hash(const struct descent *descent) {
  return silt_mix((uint64_t)descent->at << 32 | descent->frames[descent->passed]);
}

// The run that goes on with the next frame from here; 0: none does.
static uint32_t descent_find_run(struct silt_header *header, const struct descent *descent) {
  uint64_t hash = descent_run_hash(descent);
  uint64_t used = silt_region_used(header, SILT_REGION_STACKS);
  uint32_t levels = silt_heads_levels(SILT_CHAIN_RUNS, used);
  for (uint32_t level = 0; level < levels; level++) {
    uint32_t run = silt_heads_first(SILT_CHAIN_RUNS, level, hash);
    uint32_t left = silt_heads_longest(SILT_CHAIN_RUNS, used);
    for (; run && left-- > 0; run = stack_read_word(header, run + 1) & ~SILT_WORD_LINK)
      if (stack_read_word(header, run) == (descent->at | SILT_WORD_LINK) &&
          stack_read_word(header, run + RUN_HEAD) == descent->frames[descent->passed])
        return run;
  }
  return 0;
}

static bool descent_append_run(struct silt_header *header, struct descent *descent) {
  uint64_t run, hash = descent_run_hash(descent);
  uint32_t count = descent->depth - descent->passed;
  if (!silt_region_claim(header, SILT_REGION_STACKS, RUN_HEAD + count, &run)) return false;
  uint32_t *words = stack_word(header, run);
  store_relaxed(&words[0], descent->at | SILT_WORD_LINK);
  for (uint32_t i = 0; i < count; i++)
    store_relaxed(&words[RUN_HEAD + i], descent->frames[descent->passed + i]);
  silt_heads_push(SILT_CHAIN_RUNS, hash, (uint32_t)run, &words[1], SILT_WORD_LINK);
  for (uint32_t i = 0; i < count; i++) descent_step(descent, (uint32_t)run + RUN_HEAD + i);
  return true;
}

static bool descent_follow(struct silt_header *header, struct descent *descent, bool add) {
  while (descent->passed < descent->depth) {
    uint32_t run = 0;
    if (stack_read_word(header, descent->at + 1) == descent->frames[descent->passed])
      descent_step(descent, descent->at + 1);
    else if ((run = descent_find_run(header, descent)) != 0)
      descent_step(descent, run + RUN_HEAD);
    else if (!add || !descent_append_run(header, descent))
      return false;
  }
  return true;
}

// Goes to the innermost mark that is remembered; returns which one it is.
static uint32_t descent_start_at_mark(struct descent *descent, const uint64_t *marks) {
  for (uint32_t k = descent->depth / SILT_MARK_STEP; k > 0; k--) {
    uint32_t word = (uint32_t)silt_pairs_get(&stack_cache, silt_mix(marks[k]));
    if (!word) continue;
    descent->at = word;
    descent->passed = k * SILT_MARK_STEP;
    return k;
  }
  return 0;
}

static void descent_remember(const struct descent *descent, const uint64_t *marks, uint32_t known) {
  for (uint32_t k = known + 1; k <= descent->depth / SILT_MARK_STEP; k++)
    silt_pairs_put(&stack_cache, silt_mix(marks[k]), descent->marked[k]);
}

uint32_t silt_stacks_find(struct silt_header *header, const struct silt_trace *trace,
                          const uint64_t *marks, const struct silt_moment *moment, bool add) {
  silt_heads_follow_session();
  struct descent descent;
  descent.at = trace->root;
  descent.passed = 0;
  descent.depth = trace->depth;
  if (!moment->settled) marks = NULL;
  uint32_t known = marks ? descent_start_at_mark(&descent, marks) : 0;
  for (uint32_t i = descent.passed; i < descent.depth; i++) {
    descent.frames[i] = silt_frames_find(header, trace->pcs[descent.depth - 1 - i], moment, add);
    if (!descent.frames[i]) return 0;
  }
  if (!descent_follow(header, &descent, add)) return 0;
  if (marks) descent_remember(&descent, marks, known);
  return descent.at;
}

uint32_t silt_stacks_read(struct silt_header *header, uint32_t stack,
                          uint32_t frames[SILT_MAX_DEPTH], uint32_t *root) {
  uint32_t depth = 0, links = 0, at = stack;
  // Between two links is a frame, unless somebody else has written there.
  while (at >= SILT_STACK_ROOTS && links <= SILT_MAX_DEPTH) {
    uint32_t word = stack_read_word(header, at);
    if (word & SILT_WORD_LINK) {
      at = stack_read_word(header, at - 1) & ~SILT_WORD_LINK, links++;
    } else {
      // The deepest stack of all has a link to its root behind its last frame.
      if (depth == SILT_MAX_DEPTH) break;
      frames[depth++] = word, at--;
    }
  }
  *root = at;
  return depth;
}
