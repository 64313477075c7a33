// SPDX-License-Identifier: Apache-2.0
//
// Where stacks go as the session fills: the tiers in their order, and in each of them every sample
// counted.
#include "sample/place.h"

#include "sample/given.h"
#include "sample/record.h"
#include "session/invariants.h"
#include "session/regions.h"
#include "session/session.h"
#include "suite/suite.h"
#include "tables/invariants.h"
#include "tables/sites.h"
#include "tables/tables.h"

static void every_allocation(const char *capacity) {
  suite_configure("SILT_INTERVAL", "1", "SILT_CAPACITY", capacity, NULL);
}

// A recursive program: as many shapes as there are numbers, few of them without their recursion.
static void recurse(uint64_t number) {
  given_depth = 40;
  for (uint32_t i = 0; i < given_depth; i++) {
    number = silt_mix(number + 1);
    given_pcs[i] = 0x10000000 + (i < SILT_INNERMOST ? number % 3 : 16 + number % 10);
  }
}

static void sample_and_free(uint64_t size) {
  struct silt_live_entry entry;
  void *block = (void *)(0x7f0000001000 + (uintptr_t)silt_thread.id * 4096);
  silt_record_alloc(block, size);
  REQUIRE(silt_record_take(block, &entry) && entry.size == size);
  silt_record_freed(&entry);
}

static enum silt_tier tier_of(struct silt_header *header, uint32_t site) {
  struct stack_read stack;
  REQUIRE(stack_read(header, silt_site_at(header, site)->stack, &stack));
  return silt_root_tier(stack.root);
}

// What the sites have counted is what was sampled, and each tier's part is what the header says.
static void check_totals(struct silt_header *header, uint64_t count, uint64_t bytes) {
  struct silt_count by_tier[SILT_TIER_COUNT] = {{0, 0}};
  for (uint32_t id = 1; id < silt_region_count(header, SILT_REGION_SITES); id++) {
    const struct silt_site *site = silt_site_at(header, id);
    if (!site->stack) continue;
    REQUIRE(site_is_valid(header, id));
    REQUIRE(site->free_objects == site->alloc_objects && site->free_bytes == site->alloc_bytes);
    struct silt_count *tier = &by_tier[tier_of(header, id)];
    tier->count += site->alloc_objects;
    tier->bytes += site->alloc_bytes;
    count -= site->alloc_objects;
    bytes -= site->alloc_bytes;
  }
  REQUIRE(count == 0 && bytes == 0);
  for (int tier = SILT_TIER_FOLDED; tier < SILT_TIER_COUNT; tier++) {
    REQUIRE(by_tier[tier].count == header->tiers[tier].count);
    REQUIRE(by_tier[tier].bytes == header->tiers[tier].bytes);
  }
  for (int i = 0; i < SILT_LOST_COUNT; i++)
    REQUIRE(i == SILT_LOST_DEPTH || header->lost[i].count == 0);
  REQUIRE(stacks_is_valid(header) && regions_is_valid(header));
}

static void tiers_follow_one_another_and_count_every_sample(void) {
  enum { SAMPLES = 30000 };
  every_allocation("1M");
  struct silt_header *header = silt_tables_session();
  uint64_t bytes = 0, seen[SILT_TIER_COUNT] = {0}, sites = 1 + SILT_OVERFLOW_SITES;
  enum silt_tier before = SILT_TIER_WHOLE;
  for (uint64_t i = 0; i < SAMPLES; i++) {
    uint64_t size = suite_random() >> suite_below(48) >> 16;
    recurse(i);
    sample_and_free(size);
    bytes += size;
    if (silt_region_count(header, SILT_REGION_SITES) == sites) continue;
    enum silt_tier tier = tier_of(header, (uint32_t)sites++);
    REQUIRE(tier >= before && silt_region_count(header, SILT_REGION_SITES) == sites);
    seen[before = tier]++;
  }
  for (int tier = SILT_TIER_WHOLE; tier < SILT_TIER_NONE; tier++) REQUIRE(seen[tier] > 10);
  REQUIRE(header->tiers[SILT_TIER_NONE].count > 1000);
  check_totals(header, SAMPLES, bytes);
}

static uint32_t place(struct silt_header *header, uint64_t size, uint64_t unloads) {
  uint64_t pcs[SILT_MAX_DEPTH];
  struct silt_moment moment = silt_moment(header, unloads, true);
  __builtin_memcpy(pcs, given_pcs, sizeof pcs);
  return silt_place_site(header, pcs, given_depth, given_end, size, 0, &moment).id;
}

// With the caches emptied before: at every moment, the site of a stack is the one it first had.
static void kept_stacks_stay_what_they_are(void) {
  enum { STACKS = 9000 };
  static uint32_t first[STACKS];
  every_allocation("1M");
  struct silt_header *header = silt_tables_session();
  for (uint64_t i = 0; i < STACKS; i++) {
    recurse(i);
    first[i] = place(header, i % 500, 0);
  }
  uint64_t used = silt_region_count(header, SILT_REGION_SITES);
  REQUIRE(tier_of(header, first[0]) == SILT_TIER_WHOLE);
  REQUIRE(tier_of(header, first[STACKS - 1]) > SILT_TIER_FOLDED);
  for (uint64_t i = 0; i < STACKS; i++) {
    recurse(i);
    uint32_t again = place(header, i % 500, 1);
    REQUIRE(again == first[i] || tier_of(header, again) < tier_of(header, first[i]));
    if (tier_of(header, first[i]) < SILT_TIER_INNERMOST) REQUIRE(again == first[i]);
  }
  REQUIRE(silt_region_count(header, SILT_REGION_SITES) < used + 200);
}

static void full_disk_drops_no_sample(void) {
  enum { SAMPLES = 5000 };
  every_allocation("8M");
  struct silt_header *header = silt_tables_session();
  given_depth = 1;
  sample_and_free(1);  // ring and live have their first blocks
  suite_reservations = 0;
  for (uint64_t i = 0; i < SAMPLES; i++) {
    recurse(i);
    sample_and_free(64);
  }
  REQUIRE(header->tiers[SILT_TIER_NONE].count > SAMPLES / 2);
  check_totals(header, 1 + SAMPLES, 1 + SAMPLES * 64);
  suite_make_room();
  uint64_t none = header->tiers[SILT_TIER_NONE].count;
  for (uint64_t i = 0; i < SAMPLES; i++) {
    recurse(i);
    sample_and_free(64);
  }
  REQUIRE(header->tiers[SILT_TIER_NONE].count == none);
  check_totals(header, 1 + 2 * SAMPLES, 1 + 2 * SAMPLES * 64);
}

static void stacks_that_were_cut_are_folded_from_the_start(void) {
  every_allocation("1M");
  struct silt_header *header = silt_tables_session();
  for (uint64_t i = 0; i < 5000; i++) {
    uint64_t number = i;
    given_depth = SILT_MAX_DEPTH;
    given_end = SILT_END_DEPTH;
    for (uint32_t k = 0; k < given_depth; k++) {
      number = silt_mix(number + 1);
      given_pcs[k] = 0x10000000 + (k < SILT_INNERMOST ? k : 16 + number % 3);
    }
    sample_and_free(64);
  }
  REQUIRE(header->tiers[SILT_TIER_FOLDED].count == 5000 &&
          header->tiers[SILT_TIER_FOLDED].bytes == 5000 * 64);
  REQUIRE(header->lost[SILT_LOST_DEPTH].count == 5000);
  // At most every order of at most three functions, in fine size classes still.
  uint64_t sites = silt_region_count(header, SILT_REGION_SITES) - 1 - SILT_OVERFLOW_SITES;
  REQUIRE(sites <= 3 + 6 + 6);
  for (uint32_t id = 1 + SILT_OVERFLOW_SITES; id < silt_region_count(header, SILT_REGION_SITES);
       id++) {
    struct stack_read stack;
    REQUIRE(stack_read(header, silt_site_at(header, id)->stack, &stack));
    REQUIRE(stack.root == silt_stack_root(SILT_TIER_FOLDED, SILT_END_DEPTH));
    REQUIRE(silt_site_at(header, id)->flags == 0);
  }
  check_totals(header, 5000, 5000 * 64);
}

static void thread_that_is_created_has_a_stack_in_every_tier(void) {
  every_allocation("1M");
  struct silt_header *header = silt_tables_session();
  struct silt_moment moment = silt_moment(header, 0, true);
  bool seen[SILT_TIER_COUNT] = {false};
  for (uint64_t i = 0; i < 60000; i++) {
    uint64_t pcs[SILT_MAX_DEPTH];
    recurse(i);
    sample_and_free(i);
    __builtin_memcpy(pcs, given_pcs, sizeof pcs);
    struct silt_place placed = silt_place_stack(header, pcs, given_depth, given_end, &moment);
    struct stack_read stack;
    REQUIRE(placed.id && stack_read(header, placed.id, &stack));
    REQUIRE(silt_root_tier(stack.root) == placed.tier);
    seen[placed.tier] = true;
  }
  REQUIRE(seen[SILT_TIER_WHOLE] && seen[SILT_TIER_FOLDED]);
}

static void hammer(unsigned thread) {
  for (uint64_t i = 0; i < 5000; i++) {
    recurse((i * 7 + thread) % 6000);
    sample_and_free(i % 200);
  }
}

static void threads_fill_the_session_and_lose_nothing(void) {
  every_allocation("1M");
  struct silt_header *header = silt_tables_session();
  suite_run_together(hammer);
  uint64_t bytes = 0;
  for (uint64_t i = 0; i < 5000; i++) bytes += SUITE_THREADS * (i % 200);
  REQUIRE(header->tiers[SILT_TIER_FOLDED].count + header->tiers[SILT_TIER_INNERMOST].count > 1000);
  check_totals(header, SUITE_THREADS * 5000, bytes);
}

SUITE({"place: tiers follow one another and count every sample",
       tiers_follow_one_another_and_count_every_sample},
      {"place: kept stacks stay what they are", kept_stacks_stay_what_they_are},
      {"place: a full disk drops no sample", full_disk_drops_no_sample},
      {"place: stacks that were cut are folded from the start",
       stacks_that_were_cut_are_folded_from_the_start},
      {"place: a thread that is created has a stack in every tier",
       thread_that_is_created_has_a_stack_in_every_tier},
      {"place: threads fill the session and lose nothing",
       threads_fill_the_session_and_lose_nothing})
