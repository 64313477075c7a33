// SPDX-License-Identifier: Apache-2.0
//
// The table of live samples against a plain array.
#include "tables/live.h"

#include "session/invariants.h"
#include "session/regions.h"
#include "session/session.h"
#include "suite/suite.h"
#include "tables/filter.h"
#include "tables/invariants.h"
#include "tables/tables.h"

enum { MOST = 8192 };
// What three levels hold, the most for a capacity of 1 MiB.
#define SLOTS (7 * SILT_LIVE_LEVEL0)

static struct silt_live_entry model[MOST];
static size_t modelled;

static bool same(const struct silt_live_entry *a, const struct silt_live_entry *b) {
  return a->address == b->address && a->size == b->size && a->time == b->time &&
         a->site == b->site && a->thread == b->thread;
}

static struct silt_live_entry random_entry(uint64_t unique) {
  // Over more than the filter's 4 GiB, so that its counters are shared.
  return (struct silt_live_entry){
      .address = (UINT64_C(0x7f0000000000) + suite_below(1 << 14) * 0x100000 + unique * 16),
      .size = suite_random() & SILT_SIZE_MASK,
      .time = suite_random(),
      .site = (uint32_t)suite_random(),
      .thread = (uint32_t)suite_random()};
}

static void remove_one(struct silt_header *header, size_t i) {
  struct silt_live_entry found;
  REQUIRE(silt_filter_maybe((const void *)model[i].address));
  REQUIRE(silt_live_remove(header, model[i].address, &found));
  REQUIRE(same(&found, &model[i]));
  REQUIRE(!silt_live_remove(header, model[i].address, &found));
  model[i] = model[--modelled];
}

static void gives_back_what_it_was_given(void) {
  struct silt_header *header = silt_tables_session();
  struct silt_live_entry found, entry = {
                                    .address = 0x7f0000001230,
                                    .size = (UINT64_C(1) << 47) + 5,
                                    .time = 77,
                                    .site = 8,
                                    .thread = 9,
                                };
  REQUIRE(!silt_live_remove(header, entry.address, &found));
  REQUIRE(silt_live_insert(header, &entry));
  REQUIRE(live_is_valid(header) && live_count(header) == 1);
  REQUIRE(!silt_live_remove(header, entry.address + 16, &found));
  REQUIRE(silt_live_remove(header, entry.address, &found) && same(&found, &entry));
  REQUIRE(!silt_filter_maybe((const void *)entry.address));
  REQUIRE(live_is_valid(header) && live_count(header) == 0);
}

static void full_table_refuses_and_still_removes(void) {
  struct silt_header *header = silt_tables_session();
  uint64_t unique = 0;
  for (uint64_t refused = 0; refused < 100; unique++) {
    struct silt_live_entry found, entry = random_entry(unique);
    bool known = silt_filter_maybe((const void *)entry.address);
    if (silt_live_insert(header, &entry)) {
      model[modelled++] = entry;
      continue;
    }
    refused++;
    REQUIRE(silt_filter_maybe((const void *)entry.address) == known);
    REQUIRE(!silt_live_remove(header, entry.address, &found));
  }
  REQUIRE(header->regions[SILT_REGION_LIVE].used == SLOTS);
  REQUIRE(modelled > SLOTS / 2 && modelled == live_count(header));
  REQUIRE(live_is_valid(header) && regions_is_valid(header));
  while (modelled) remove_one(header, suite_below(modelled));
  REQUIRE(live_count(header) == 0);
}

static void no_insertion_waits_for_a_whole_level(void) {
  suite_configure("SILT_CAPACITY", "64M", NULL);
  struct silt_header *header = silt_tables_session();
  const uint64_t *backed = &silt_region_bounds[SILT_REGION_LIVE].backed;
  uint64_t most = 0, lost = 0;
  for (uint64_t unique = 0; unique < 100000; unique++) {
    struct silt_live_entry entry = random_entry(0);
    entry.address = UINT64_C(0x7f0000000000) + suite_below(16) * 16 + unique * 256;
    uint64_t before = *backed;
    lost += !silt_live_insert(header, &entry);
    if (*backed - before > most) most = *backed - before;
  }
  // 7 levels, the last of 4 MiB, or 8 levels.
  REQUIRE(header->regions[SILT_REGION_LIVE].used >= 127 * SILT_LIVE_LEVEL0);
  REQUIRE(most > 0 && most <= (1 << 20) + (128 << 10) && lost == 0);
  REQUIRE(live_is_valid(header) && regions_is_valid(header));
}

static void full_disk_refuses_a_level_and_keeps_the_rest(void) {
  struct silt_header *header = silt_tables_session();
  struct silt_live_entry entry = random_entry(0), found;
  suite_reservations = 0;
  REQUIRE(!silt_live_insert(header, &entry));
  REQUIRE(!silt_filter_maybe((const void *)entry.address));
  REQUIRE(!silt_live_remove(header, entry.address, &found));
  suite_reservations = 1;
  for (uint64_t unique = 1; modelled < 100; unique++) {
    entry = random_entry(unique);
    if (silt_live_insert(header, &entry)) model[modelled++] = entry;
  }
  REQUIRE(live_is_valid(header) && regions_is_valid(header));
  while (modelled) remove_one(header, 0);
}

static void random_operations_agree_with_the_model(void) {
  struct silt_header *header = silt_tables_session();
  // The share of insertions goes up and down, so that the table fills and empties through its
  // levels.
  for (uint64_t step = 0; step < 60000; step++) {
    bool insert = suite_below(100) < (step / 10000 % 2 ? 30 : 70);
    if (insert && modelled < MOST) {
      struct silt_live_entry entry = random_entry(step);
      if (silt_live_insert(header, &entry)) model[modelled++] = entry;
    } else if (modelled) {
      remove_one(header, suite_below(modelled));
    }
    if (step % 5000 == 0) REQUIRE(live_is_valid(header) && live_count(header) == modelled);
  }
  REQUIRE(live_is_valid(header) && live_count(header) == modelled);
}

// Each thread owns its addresses, as the program's allocator sees to; slots, levels and counters
// are shared.
static void hammer(unsigned thread) {
  enum { OWN = 1500 };
  static struct silt_live_entry own[SUITE_THREADS][OWN];
  struct silt_header *header = silt_tables_session();
  uint64_t state = suite_seed + thread;
  size_t held = 0;
  for (uint64_t step = 0; step < 30000; step++) {
    uint64_t random = silt_mix(state += UINT64_C(0x9e3779b97f4a7c15));
    struct silt_live_entry found;
    if (held < OWN && random % 8 < 5) {
      struct silt_live_entry entry = {
          .address = UINT64_C(0x7f0000000000) + (step * SUITE_THREADS + thread) * 16,
          .size = random & SILT_SIZE_MASK,
          .time = step,
          .site = thread,
          .thread = (uint32_t)random};
      if (silt_live_insert(header, &entry)) own[thread][held++] = entry;
    } else if (held) {
      size_t i = (random >> 8) % held;
      REQUIRE(silt_live_remove(header, own[thread][i].address, &found));
      REQUIRE(same(&found, &own[thread][i]));
      own[thread][i] = own[thread][--held];
    }
  }
  for (struct silt_live_entry found; held; held--)
    REQUIRE(silt_live_remove(header, own[thread][held - 1].address, &found));
}

static void threads_that_own_their_addresses_never_miss_one(void) {
  struct silt_header *header = silt_tables_session();
  suite_run_together(hammer);
  REQUIRE(live_is_valid(header) && live_count(header) == 0);
  for (uint64_t kib = 0; kib < 4096; kib++)
    REQUIRE(!silt_filter_maybe((const void *)(UINT64_C(0x7f0000000000) + kib * 1024)));
}

SUITE({"live table gives back what it was given", gives_back_what_it_was_given},
      {"live table: full, it refuses, and still removes", full_table_refuses_and_still_removes},
      {"live table: no insertion waits for a whole level", no_insertion_waits_for_a_whole_level},
      {"live table: a full disk refuses a level and keeps the rest",
       full_disk_refuses_a_level_and_keeps_the_rest},
      {"live table: random operations agree with the model",
       random_operations_agree_with_the_model},
      {"live table: threads that own their addresses never miss one",
       threads_that_own_their_addresses_never_miss_one})
