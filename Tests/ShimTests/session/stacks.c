// SPDX-License-Identifier: Apache-2.0
//
// Interned stacks and sites against a list of all that was given in.
#include "session/stacks.h"

#include <string.h>

#include "session/invariants.h"
#include "session/regions.h"
#include "session/session.h"
#include "suite/suite.h"

enum { DIFFERENT = 400, CLASSES = 16 };

struct given {
  uint64_t pcs[SILT_MAX_DEPTH];
  uint32_t depth, id;
  uint8_t end;
};
static struct given stacks[DIFFERENT];

// Families that share all but the outermost frame, as real stacks do.
static void make_stacks(uint32_t deepest) {
  for (uint32_t i = 0; i < DIFFERENT; i++) {
    struct given *stack = &stacks[i];
    stack->depth = 1 + (uint32_t)suite_below(deepest);
    stack->end = i % 5 == 0 ? SILT_END_DEPTH : SILT_END_COMPLETE;
    for (uint32_t k = 0; k < stack->depth; k++) stack->pcs[k] = 0x401000 + k * 16;
    stack->pcs[stack->depth - 1] = 0x500000 + i;
  }
}

static bool holds(struct silt_header *header, uint32_t id, const struct given *wanted) {
  const struct silt_stack *stack = silt_region_at(header, SILT_REGION_STACKS, id);
  return stack->depth == wanted->depth && stack->end == wanted->end &&
         stack->hash == silt_stack_hash(wanted->pcs, wanted->depth, wanted->end, stack->epoch) &&
         memcmp(stack + 1, wanted->pcs, wanted->depth * sizeof *wanted->pcs) == 0;
}

static uint32_t intern(struct silt_header *header, const struct given *stack) {
  return silt_stacks_intern(header, stack->pcs, stack->depth, stack->end);
}

static _Thread_local enum silt_lost full;

static uint32_t find_site(struct silt_header *header, const struct given *stack, uint64_t size) {
  return silt_sites_find(header, stack->pcs, stack->depth, stack->end, size, &full);
}

static void same_stack_has_one_id(void) {
  struct silt_header *header = silt_session();
  uint64_t pcs[] = {1, 2, 3};
  uint32_t id = silt_stacks_intern(header, pcs, 3, SILT_END_COMPLETE);
  REQUIRE(id == 1);
  REQUIRE(silt_stacks_intern(header, pcs, 3, SILT_END_COMPLETE) == id);
  REQUIRE(header->regions[SILT_REGION_STACKS].used == 1 + 2 + 3);
  REQUIRE(silt_stacks_intern(header, pcs, 2, SILT_END_COMPLETE) != id);
  REQUIRE(silt_stacks_intern(header, pcs, 3, SILT_END_UNWIND) != id);
  header->epoch++;
  REQUIRE(silt_stacks_intern(header, pcs, 3, SILT_END_COMPLETE) != id);
  header->epoch--;
  REQUIRE(silt_stacks_intern(header, pcs, 3, SILT_END_COMPLETE) == id);
  REQUIRE(silt_stacks_intern(header, pcs, 0, SILT_END_BOUNDS) != 0);  // nothing could be walked
}

static void site_is_a_stack_and_a_size_class(void) {
  struct silt_header *header = silt_session();
  struct given stack = {.pcs = {1, 2, 3}, .depth = 3}, other = {.pcs = {1, 2, 4}, .depth = 3};
  uint32_t site = find_site(header, &stack, 1024);
  REQUIRE(site == 1 && site_is_valid(header, site));
  REQUIRE(silt_site_at(header, site)->size_class == silt_size_class(1024));
  REQUIRE(silt_site_at(header, site)->stack == intern(header, &stack));
  REQUIRE(find_site(header, &stack, 1151) == site);
  REQUIRE(find_site(header, &stack, 1152) != site);
  REQUIRE(find_site(header, &stack, 1023) != site);
  REQUIRE(find_site(header, &other, 1024) != site);
  REQUIRE(find_site(header, &stack, 0) != find_site(header, &stack, 1));
  REQUIRE(find_site(header, &stack, SILT_SIZE_MASK) != 0);
}

static void random_interning_agrees_with_the_list(void) {
  struct silt_header *header = silt_session();
  make_stacks(SILT_MAX_DEPTH);
  for (int step = 0; step < 20000; step++) {
    struct given *stack = &stacks[suite_below(DIFFERENT)];
    uint32_t id = intern(header, stack);
    REQUIRE(id && (!stack->id || stack->id == id) && holds(header, id, stack));
    stack->id = id;
  }
}

static void full_region_refuses_the_new_and_finds_the_old(void) {
  struct silt_header *header = silt_session();
  uint64_t pcs[SILT_MAX_DEPTH] = {0};
  uint64_t fits = header->regions[SILT_REGION_STACKS].capacity / (2 + SILT_MAX_DEPTH);
  for (pcs[0] = 1; pcs[0] <= fits; pcs[0]++)
    REQUIRE(silt_stacks_intern(header, pcs, SILT_MAX_DEPTH, 0) != 0);
  REQUIRE(silt_stacks_intern(header, pcs, SILT_MAX_DEPTH, 0) == 0);
  pcs[0] = 1;
  REQUIRE(silt_stacks_intern(header, pcs, SILT_MAX_DEPTH, 0) == 1);
  // Known stacks have sites while there is room for these; every class of every stack, then.
  struct given stack = {.pcs = {fits + 1}, .depth = SILT_MAX_DEPTH};
  REQUIRE(!find_site(header, &stack, 8) && full == SILT_LOST_STACKS_FULL);
  uint64_t sites = 1;
  for (uint64_t i = 0; i < fits * CLASSES; i++) {
    stack.pcs[0] = 1 + i / CLASSES;
    if (!find_site(header, &stack, i % CLASSES)) break;
    sites++;
  }
  REQUIRE(sites == header->regions[SILT_REGION_SITES].capacity && full == SILT_LOST_SITES_FULL);
  stack.pcs[0] = 1;
  REQUIRE(find_site(header, &stack, 0) == 1);
  REQUIRE(regions_is_valid(header));
}

static void hammer(unsigned thread) {
  struct silt_header *header = silt_session();
  uint64_t state = suite_seed + thread;
  for (int step = 0; step < 20000; step++) {
    state = silt_mix(state + UINT64_C(0x9e3779b97f4a7c15));
    const struct given *stack = &stacks[state % DIFFERENT];
    uint32_t site = find_site(header, stack, state >> 32 & 3);
    REQUIRE(site && site_is_valid(header, site));
    REQUIRE(holds(header, silt_site_at(header, site)->stack, stack));
    uint32_t id = intern(header, stack);
    REQUIRE(id && holds(header, id, stack));
    add_relaxed(&silt_site_at(header, site)->alloc_objects, UINT64_C(1));
  }
}

static void threads_intern_the_same_stacks(void) {
  suite_configure("SILT_CAPACITY", "8M", NULL);
  struct silt_header *header = silt_session();
  make_stacks(40);
  suite_run_together(hammer);
  uint64_t counted = 0;
  for (uint64_t id = 1; id < silt_region_count(header, SILT_REGION_SITES); id++) {
    const struct silt_site *site = silt_region_at(header, SILT_REGION_SITES, id);
    if (site->stack) counted += site->alloc_objects;
  }
  REQUIRE(counted == SUITE_THREADS * 20000);
  // At most one for each thread that met it together with others.
  REQUIRE(header->regions[SILT_REGION_STACKS].used < UINT64_C(42) * DIFFERENT * SUITE_THREADS);
}

SUITE({"stacks: the same stack has one id", same_stack_has_one_id},
      {"sites: a site is a stack and a size class", site_is_a_stack_and_a_size_class},
      {"stacks: random interning agrees with the list", random_interning_agrees_with_the_list},
      {"stacks: a full region refuses the new and finds the old",
       full_region_refuses_the_new_and_finds_the_old},
      {"stacks: threads intern the same stacks", threads_intern_the_same_stacks})
