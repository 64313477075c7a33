// SPDX-License-Identifier: Apache-2.0
//
// Sites by what tells them apart, and the ones that wait for what no other can be made for.
#include "tables/sites.h"

#include "session/regions.h"
#include "session/session.h"
#include "suite/suite.h"
#include "tables/invariants.h"
#include "tables/stacks.h"
#include "tables/tables.h"

static uint32_t stack_of(struct silt_header *header, uint64_t leaf) {
  uint64_t pcs[] = {leaf, 0x1002, 0x1001};
  struct silt_moment moment = silt_moment(header, 0, true);
  struct silt_trace trace = {pcs, 3, silt_stack_root(SILT_TIER_WHOLE, SILT_END_COMPLETE)};
  return silt_stacks_find(header, &trace, NULL, &moment, true);
}

static void site_is_what_its_key_says(void) {
  struct silt_header *header = silt_tables_session();
  uint32_t stack = stack_of(header, 7), other = stack_of(header, 8);
  struct silt_site_key keys[] = {
      {stack, 80, 0, 0}, {stack, 81, 0, 0}, {stack, 80, 0, SILT_SITE_COARSE},
      {other, 80, 0, 0}, {stack, 0, 0, 0},  {stack, 80, 1, 0}};
  header->interval = 1;
  for (uint32_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    REQUIRE(!silt_sites_find(header, &keys[i], false));
    uint32_t id = silt_sites_find(header, &keys[i], true);
    REQUIRE(id == 1 + SILT_OVERFLOW_SITES + i && site_is_valid(header, id));
    REQUIRE(silt_sites_find(header, &keys[i], false) == id);
    const struct silt_site *site = silt_site_at(header, id);
    REQUIRE(site->stack == keys[i].stack && site->size_class == keys[i].size_class);
    REQUIRE(site->interval == keys[i].interval && site->flags == keys[i].flags);
    REQUIRE(site->label == 0 && site->async == 0 && site->alloc_objects == 0);
  }
}

static void full_region_refuses_the_new_and_finds_the_old(void) {
  struct silt_header *header = silt_tables_session();
  struct silt_site_key key = {.stack = stack_of(header, 7)};
  uint64_t count = 0;
  for (; silt_sites_find(header, &key, true); count++) {
    key.size_class = (uint16_t)((count + 1) % 400);
    if (key.size_class == 0) key.stack = stack_of(header, 8 + count / 400);
  }
  REQUIRE(count == header->regions[SILT_REGION_SITES].capacity - 1 - SILT_OVERFLOW_SITES);
  REQUIRE(!silt_sites_find(header, &key, false));
  key = (struct silt_site_key){.stack = stack_of(header, 7), .size_class = 3};
  REQUIRE(silt_sites_find(header, &key, true) == 1 + SILT_OVERFLOW_SITES + 3);
}

static void chain_that_was_made_a_circle_ends(void) {
  suite_configure("SILT_CAPACITY", "16M", NULL);
  struct silt_header *header = silt_tables_session();
  struct silt_site_key key = {.stack = stack_of(header, 7)};
  for (; key.size_class < 400; key.size_class++) silt_sites_find(header, &key, true);
  for (uint32_t id = 1; id < header->regions[SILT_REGION_SITES].used; id++)
    silt_site_at(header, id)->next = id;
  // What it hides is not found, but can be appended, and is found then.
  for (key.size_class = 0; key.size_class < 800; key.size_class++) {
    silt_sites_find(header, &key, false);
    uint32_t id = silt_sites_find(header, &key, true);
    REQUIRE(id && silt_sites_find(header, &key, false) == id);
    REQUIRE(silt_site_at(header, id)->size_class == key.size_class);
  }
}

static void overflow_sites_wait_from_the_start(void) {
  suite_reservations = 4;  // header, and the first of stacks, sites, frames
  struct silt_header *header = silt_tables_session();
  REQUIRE(!(header->flags & SILT_FLAG_ANONYMOUS) && suite_reservations == 0);
  for (uint64_t size = 0; size < UINT64_C(1) << 60; size = 2 * size + 1) {
    uint32_t class = silt_size_class(size), id = silt_sites_overflow(header, 0, class);
    const struct silt_site *site = silt_site_at(header, id);
    REQUIRE(id >= 1 && id <= SILT_OVERFLOW_SITES && site_is_valid(header, id));
    REQUIRE(silt_root_tier(site->stack) == SILT_TIER_NONE && site->flags == SILT_SITE_COARSE);
    REQUIRE(class >= site->size_class && class < site->size_class + 8u);
  }
  REQUIRE(silt_sites_overflow(header, 0, silt_size_class(UINT64_MAX)) == SILT_OVERFLOW_SITES);
}

static void hammer(unsigned thread) {
  struct silt_header *header = silt_tables_session();
  uint64_t state = suite_seed + thread;
  for (int step = 0; step < 20000; step++) {
    state = silt_mix(state + UINT64_C(0x9e3779b97f4a7c15));
    struct silt_site_key key = {stack_of(header, 1 + state % 300), state >> 32 & 3, 0, 0};
    uint32_t site = silt_sites_find(header, &key, true);
    REQUIRE(site && site_is_valid(header, site));
    add_relaxed(&silt_site_at(header, site)->alloc_objects, UINT64_C(1));
  }
}

static void threads_count_at_the_same_sites(void) {
  suite_configure("SILT_CAPACITY", "8M", NULL);
  struct silt_header *header = silt_tables_session();
  suite_run_together(hammer);
  uint64_t counted = 0;
  for (uint32_t id = 1; id < silt_region_count(header, SILT_REGION_SITES); id++)
    counted += silt_site_at(header, id)->alloc_objects;
  REQUIRE(counted == SUITE_THREADS * 20000 && stacks_is_valid(header));
}

SUITE({"sites: a site is what its key says", site_is_what_its_key_says},
      {"sites: a full region refuses the new and finds the old",
       full_region_refuses_the_new_and_finds_the_old},
      {"sites: a chain that was made a circle ends", chain_that_was_made_a_circle_ends},
      {"sites: overflow sites wait from the start, whatever the disk",
       overflow_sites_wait_from_the_start},
      {"sites: threads count at the same sites", threads_count_at_the_same_sites})
