// SPDX-License-Identifier: Apache-2.0
//
// The tree of stacks against a list of all that was given in.
#include "tables/stacks.h"

#include <string.h>

#include "session/invariants.h"
#include "session/regions.h"
#include "session/session.h"
#include "suite/suite.h"
#include "tables/invariants.h"
#include "tables/tables.h"

enum { DIFFERENT = 400 };

struct given {
  uint64_t pcs[SILT_MAX_DEPTH];
  uint32_t depth, id;
  uint8_t end;
};
static struct given stacks[DIFFERENT];

// Families that share all but the leaf, all but the root, or a part in between, as real stacks do.
static void make_stacks(uint32_t deepest) {
  for (uint32_t i = 0; i < DIFFERENT; i++) {
    struct given *stack = &stacks[i];
    stack->depth = 1 + (uint32_t)suite_below(deepest);
    stack->end = i % 5 == 0 ? SILT_END_UNWIND | SILT_END_GUESSED : SILT_END_COMPLETE;
    for (uint32_t k = 0; k < stack->depth; k++)
      stack->pcs[stack->depth - 1 - k] = 0x10001000 + k * 16;
    uint32_t where = i % 3 == 0   ? 0
                     : i % 3 == 1 ? stack->depth - 1
                                  : (uint32_t)suite_below(stack->depth);
    stack->pcs[where] = 0x10100000 + i % 200;
  }
}

static uint32_t find_at(struct silt_header *header, const struct given *stack, bool add,
                        const struct silt_moment *moment) {
  uint64_t marks[SILT_MARKS];
  struct silt_trace trace = {stack->pcs, stack->depth,
                             silt_stack_root(SILT_TIER_WHOLE, stack->end)};
  silt_stacks_mark(&trace, moment, marks);
  return silt_stacks_find(header, &trace, marks, moment, add);
}

static uint32_t find(struct silt_header *header, const struct given *stack) {
  struct silt_moment moment = silt_moment(header, 0, true);
  return find_at(header, stack, true, &moment);
}

static bool is_known(struct silt_header *header, const struct given *stack) {
  struct silt_moment moment = silt_moment(header, 0, true);
  return find_at(header, stack, false, &moment) != 0;
}

static bool holds(struct silt_header *header, uint32_t id, const struct given *wanted) {
  struct stack_read stack;
  return stack_read(header, id, &stack) && stack.depth == wanted->depth &&
         stack.root == silt_stack_root(SILT_TIER_WHOLE, wanted->end) &&
         memcmp(stack.frames, wanted->pcs, wanted->depth * sizeof *wanted->pcs) == 0;
}

static uint64_t words(struct silt_header *header) {
  return header->regions[SILT_REGION_STACKS].used - SILT_STACK_ROOTS;
}

static void same_stack_has_one_id(void) {
  struct silt_header *header = silt_tables_session();
  struct given stack = {.pcs = {1, 2, 3}, .depth = 3}, other = stack, none = {.depth = 0};
  REQUIRE(!is_known(header, &stack) && words(header) == 0);
  uint32_t id = find(header, &stack);
  REQUIRE(id == SILT_STACK_ROOTS + 4 && words(header) == 2 + 3 && is_known(header, &stack));
  REQUIRE(find(header, &stack) == id && words(header) == 2 + 3);
  other.end = SILT_END_UNWIND;
  REQUIRE(find(header, &other) != id);
  other.end |= SILT_END_GUESSED;
  REQUIRE(find(header, &other) != id && holds(header, find(header, &other), &other));
  REQUIRE(find(header, &none) == silt_stack_root(SILT_TIER_WHOLE, SILT_END_COMPLETE));
  none.end = SILT_END_BOUNDS;  // nothing could be walked
  REQUIRE(holds(header, find(header, &none), &none));
  REQUIRE(stacks_is_valid(header));
}

static void stacks_share_what_they_have_in_common(void) {
  struct silt_header *header = silt_tables_session();
  struct given stack = {.pcs = {5, 4, 3, 2, 1}, .depth = 5};
  struct given sibling = {.pcs = {6, 4, 3, 2, 1}, .depth = 5};
  struct given callers = {.pcs = {4, 3, 2, 1}, .depth = 4};
  uint32_t id = find(header, &stack);
  REQUIRE(find(header, &callers) == id - 1 && words(header) == 7);
  REQUIRE(find(header, &sibling) == SILT_STACK_ROOTS + 7 + 2 && words(header) == 10);
  REQUIRE(holds(header, find(header, &sibling), &sibling) && holds(header, id, &stack));
}

static void every_prefix_of_a_stack_is_a_stack(void) {
  struct silt_header *header = silt_tables_session();
  make_stacks(SILT_MAX_DEPTH);
  for (uint32_t i = 0; i < DIFFERENT; i++) find(header, &stacks[i]);
  uint64_t before = words(header);
  for (uint32_t i = 0; i < DIFFERENT; i++) {
    struct stack_read read;
    REQUIRE(stack_read(header, find(header, &stacks[i]), &read));
    struct given prefix = stacks[i];
    for (uint32_t left = read.depth; left > 0; left--, prefix.depth--) {
      memcpy(prefix.pcs, stacks[i].pcs + read.depth - left, left * sizeof *prefix.pcs);
      REQUIRE(find(header, &prefix) == read.words[read.depth - left]);
    }
  }
  REQUIRE(words(header) == before && stacks_is_valid(header));
}

static void random_interning_agrees_with_the_list(void) {
  struct silt_header *header = silt_tables_session();
  make_stacks(SILT_MAX_DEPTH);
  for (int step = 0; step < 20000; step++) {
    struct given *stack = &stacks[suite_below(DIFFERENT)];
    // Unloads empty the caches; while one goes on they are not used.
    struct silt_moment moment = silt_moment(header, (uint64_t)step / 1000, step / 500 % 2);
    uint32_t id = find_at(header, stack, true, &moment);
    REQUIRE(id && holds(header, id, stack));
    REQUIRE(!stack->id || stack->id == id);
    stack->id = id;
  }
  REQUIRE(stacks_is_valid(header));
}

static void full_region_refuses_the_new_and_finds_the_old(void) {
  struct silt_header *header = silt_tables_session();
  struct given stack = {.depth = SILT_MAX_DEPTH};
  uint64_t fits = (header->regions[SILT_REGION_STACKS].capacity - SILT_STACK_ROOTS) /
                  (2 + SILT_MAX_DEPTH),
           count = 0;
  for (uint32_t i = 0; i < SILT_MAX_DEPTH; i++) stack.pcs[i] = 0x1000 + i % 7;
  for (;; count++) {
    stack.pcs[SILT_MAX_DEPTH - 1] = 0x2000 + count;
    if (!find(header, &stack)) break;
  }
  REQUIRE(count == fits && !is_known(header, &stack));
  stack.pcs[SILT_MAX_DEPTH - 1] = 0x2000;
  REQUIRE(find(header, &stack) == SILT_STACK_ROOTS + 1 + SILT_MAX_DEPTH);
  REQUIRE(words(header) == fits * (2 + SILT_MAX_DEPTH));
  REQUIRE(stacks_is_valid(header) && regions_is_valid(header));
}

static void full_disk_refuses_the_new_and_wastes_nothing(void) {
  struct silt_header *header = silt_tables_session();
  struct given stack = {.depth = 100};
  for (uint32_t i = 0; i < stack.depth; i++) stack.pcs[i] = 1 + i % 7;
  suite_reservations = 0;
  for (stack.pcs[99] = 1; find(header, &stack); stack.pcs[99]++) {
  }
  uint64_t before = words(header);
  for (int i = 0; i < 1000; i++) REQUIRE(!find(header, &stack));
  REQUIRE(words(header) == before);
  suite_make_room();
  REQUIRE(holds(header, find(header, &stack), &stack) && stacks_is_valid(header));
}

static void walk_that_was_made_a_circle_ends(void) {
  suite_configure("SILT_CAPACITY", "8M", NULL);
  struct silt_header *header = silt_tables_session();
  uint32_t frames[SILT_MAX_DEPTH], root;
  make_stacks(20);
  for (uint32_t i = 0; i < DIFFERENT; i++) stacks[i].id = find(header, &stacks[i]);
  // Every word leads to itself, or to the next, which leads back.
  uint64_t used = header->regions[SILT_REGION_STACKS].used;
  uint32_t *word = silt_region_at(header, SILT_REGION_STACKS, 0);
  for (uint32_t other = 0; other <= 1; other++) {
    for (uint32_t i = SILT_STACK_ROOTS; i < used; i++) word[i] = SILT_WORD_LINK | (i ^ other);
    for (uint32_t i = 0; i < DIFFERENT; i++) {
      struct silt_trace trace = {stacks[i].pcs, stacks[i].depth,
                                 silt_stack_root(SILT_TIER_WHOLE, stacks[i].end)};
      struct silt_moment moment = silt_moment(header, 0, true);
      silt_stacks_find(header, &trace, NULL, &moment, true);
      silt_stacks_read(header, stacks[i].id, frames, &root);
    }
  }
}

static void hammer(unsigned thread) {
  struct silt_header *header = silt_tables_session();
  uint64_t state = suite_seed + thread;
  for (int step = 0; step < 20000; step++) {
    state = silt_mix(state + UINT64_C(0x9e3779b97f4a7c15));
    const struct given *stack = &stacks[state % DIFFERENT];
    struct silt_moment moment = silt_moment(header, state >> 32 & 3, state >> 40 & 7);
    uint32_t id = find_at(header, stack, true, &moment);
    REQUIRE(id && holds(header, id, stack));
  }
}

static void threads_intern_the_same_stacks(void) {
  suite_configure("SILT_CAPACITY", "8M", NULL);
  struct silt_header *header = silt_tables_session();
  make_stacks(SILT_MAX_DEPTH);
  suite_run_together(hammer);
  REQUIRE(stacks_is_valid(header) && regions_is_valid(header));
  // At most one for each thread that met it together with others.
  REQUIRE(words(header) < UINT64_C(130) * DIFFERENT * SUITE_THREADS);
}

// Sites keep a hash of what is read here.
static void deepest_stack_is_read_to_its_root(void) {
  struct silt_header *header = silt_tables_session();
  for (uint32_t depth = SILT_MAX_DEPTH - 1; depth <= SILT_MAX_DEPTH; depth++) {
    uint32_t frames[SILT_MAX_DEPTH], root = 0;
    struct given stack = {.depth = depth};
    for (uint32_t i = 0; i < depth; i++) stack.pcs[i] = 1 + i;
    uint32_t id = find(header, &stack);
    REQUIRE(silt_stacks_read(header, id, frames, &root) == depth);
    REQUIRE(root == silt_stack_root(SILT_TIER_WHOLE, stack.end));
  }
}

SUITE({"stacks: the same stack has one id", same_stack_has_one_id},
      {"stacks: the deepest stack is read to its root", deepest_stack_is_read_to_its_root},
      {"stacks: they share what they have in common", stacks_share_what_they_have_in_common},
      {"stacks: every prefix of a stack is a stack", every_prefix_of_a_stack_is_a_stack},
      {"stacks: random interning agrees with the list", random_interning_agrees_with_the_list},
      {"stacks: a full region refuses the new and finds the old",
       full_region_refuses_the_new_and_finds_the_old},
      {"stacks: a full disk refuses the new and wastes nothing",
       full_disk_refuses_the_new_and_wastes_nothing},
      {"stacks: a walk that was made a circle ends", walk_that_was_made_a_circle_ends},
      {"stacks: threads intern the same stacks", threads_intern_the_same_stacks})
