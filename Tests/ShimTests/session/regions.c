// SPDX-License-Identifier: Apache-2.0
//
// How a capacity is laid out; claims at the end of a region, up to its capacity and on a full disk.
#include "session/regions.h"

#include <sys/wait.h>
#include <unistd.h>

#include "session/alone.h"
#include "session/invariants.h"
#include "session/session.h"
#include "suite/suite.h"

static void claims_follow_one_another_up_to_the_capacity(void) {
  struct silt_header *header = session_alone();
  struct silt_region *region = &header->regions[SILT_REGION_STRINGS];
  uint64_t at = 77, behind = 0;
  for (uint64_t size = 1; silt_region_claim(header, SILT_REGION_STRINGS, size, &at); size += 7) {
    REQUIRE(at == behind);
    behind = at + size;
    REQUIRE(behind <= region->capacity && behind <= region->backed);
    *(char *)silt_region_at(header, SILT_REGION_STRINGS, behind - 1) = 1;
    REQUIRE(silt_region_count(header, SILT_REGION_STRINGS) == behind);
  }
  REQUIRE(behind > region->capacity / 2);
  REQUIRE(regions_is_valid(header));
  REQUIRE(silt_region_count(header, SILT_REGION_STRINGS) <= region->capacity);
}

static void what_a_full_disk_refuses_is_not_claimed(void) {
  suite_configure("SILT_CAPACITY", "8M", NULL);
  struct silt_header *header = session_alone();
  struct silt_region *region = &header->regions[SILT_REGION_MODULES];
  uint64_t at = 0, fits = 0;
  suite_reservations = 1;
  while (silt_region_claim(header, SILT_REGION_MODULES, 1, &at)) REQUIRE(at == fits++);
  REQUIRE(fits > 0 && fits < region->capacity &&
          fits == region->backed / sizeof(struct silt_module));
  REQUIRE(!silt_region_claim(header, SILT_REGION_MODULES, 1, &at));
  REQUIRE(region->used == fits && silt_region_count(header, SILT_REGION_MODULES) == fits);
  suite_reservations = UINT64_MAX;
  REQUIRE(!silt_region_claim(header, SILT_REGION_MODULES, 1, &at));  // it was not asked again
  suite_make_room();                                                 // and nothing was wasted
  REQUIRE(silt_region_claim(header, SILT_REGION_MODULES, 1, &at) && at == fits);
  REQUIRE(silt_region_count(header, SILT_REGION_MODULES) == fits + 1);
  REQUIRE(regions_is_valid(header));
}

static uint8_t *claimed;

static void claim_all(unsigned thread) {
  struct silt_header *header = session_alone();
  uint64_t capacity = header->regions[SILT_REGION_SITES].capacity, at = 0;
  for (uint64_t i = 0; i < capacity; i++) {
    uint64_t size = 1 + (i + thread) % 3;
    if (!silt_region_claim(header, SILT_REGION_SITES, size, &at)) continue;
    REQUIRE(at + size <= capacity);
    for (uint64_t k = at; k < at + size; k++) {
      REQUIRE(add_relaxed(&claimed[k], 1) == 0);
      *(struct silt_site *)silt_region_at(header, SILT_REGION_SITES, k) =
          (struct silt_site){.stack = thread + 1};
    }
  }
}

static void threads_claim_each_element_once(void) {
  struct silt_header *header = session_alone();
  uint64_t capacity = header->regions[SILT_REGION_SITES].capacity, missed = 0;
  claimed = calloc(capacity, 1);
  suite_run_together(claim_all);
  uint64_t first = 1 + SILT_OVERFLOW_SITES;
  for (uint64_t i = 0; i < capacity; i++) REQUIRE(i >= first || !claimed[i]);
  for (uint64_t i = first; i < capacity; i++) missed += !claimed[i];
  REQUIRE(missed == 0);
  REQUIRE(regions_is_valid(header));
  free(claimed);
}

static void every_capacity_is_laid_out_in_order(void) {
  const char *const capacities[] = {"1M", "1048577", "3M", "64M", "1G", "64G"};
  for (int i = 0; i < 6; i++) {
    pid_t child = fork();
    int status;
    if (child == 0) {
      suite_configure("SILT_CAPACITY", capacities[i], NULL);
      struct silt_header *header = session_alone();
      REQUIRE(header && regions_is_valid(header));
      for (int kind = 0; kind < SILT_REGION_COUNT; kind++) {
        const struct silt_region *region = &header->regions[kind];
        REQUIRE(!region->element_size || region->capacity > 0);
        REQUIRE(region->capacity <= SILT_WORD_LINK || kind == SILT_REGION_STRINGS);
        REQUIRE(region->used <= region->capacity);
        REQUIRE(region->used * region->element_size <= region->backed);
      }
      _exit(0);
    }
    REQUIRE(waitpid(child, &status, 0) == child && status == 0);
  }
}

SUITE({"regions: claims follow one another up to the capacity",
       claims_follow_one_another_up_to_the_capacity},
      {"regions: what a full disk refuses is not claimed", what_a_full_disk_refuses_is_not_claimed},
      {"regions: threads claim each element once", threads_claim_each_element_once},
      {"regions: every capacity is laid out in order", every_capacity_is_laid_out_in_order})
