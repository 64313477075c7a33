// SPDX-License-Identifier: Apache-2.0
//
// A sample's way through all tables, what is counted when one of them is full, and the guard.
#include "sample/record.h"

#include <errno.h>
#include <setjmp.h>

#include "sample/given.h"
#include "session/invariants.h"
#include "session/regions.h"
#include "session/session.h"
#include "suite/suite.h"
#include "tables/invariants.h"
#include "tables/sites.h"
#include "tables/tables.h"

static void *const block = (void *)0x7f0000001000;
enum { first_site = 1 + SILT_OVERFLOW_SITES };

static void every_allocation(void) {
  suite_configure("SILT_INTERVAL", "1", NULL);
  given_pcs[0] = 0x401000;
  given_depth = 1;
}

static const struct silt_event *last_event(struct silt_header *header) {
  return silt_region_at(header, SILT_REGION_RING, header->regions[SILT_REGION_RING].used - 1);
}

static void sample_and_its_free_are_in_every_table(void) {
  struct silt_live_entry entry;
  every_allocation();
  errno = 123;
  silt_record_alloc(block, 100);
  struct silt_header *header = silt_session_current();
  REQUIRE(header && errno == 123);
  const struct silt_event *event = last_event(header);
  REQUIRE(event->operation == SILT_OP_ALLOC && event->address == (uintptr_t)block);
  REQUIRE(event->size == 100 && event->site == first_site && site_is_valid(header, first_site));
  REQUIRE(silt_record_take(block, &entry) && !silt_record_take(block, &entry));
  REQUIRE(entry.size == 100 && entry.site == first_site && entry.thread == silt_thread.id);
  silt_record_put_back(&entry);
  REQUIRE(silt_record_take(block, &entry) && entry.size == 100);
  silt_record_freed(&entry);
  event = last_event(header);
  REQUIRE(event->operation == SILT_OP_FREE && event->born == entry.time && event->size == 100);
  const struct silt_site *site = silt_site_at(header, first_site);
  REQUIRE(site->alloc_objects == 1 && site->alloc_bytes == 100);
  REQUIRE(site->free_objects == 1 && site->free_bytes == 100);
  REQUIRE(live_is_valid(header) && live_count(header) == 0 && ring_is_valid(header));
  REQUIRE(errno == 123);
}

static void what_does_not_fit_is_counted(void) {
  every_allocation();
  uint64_t given = 0;
  struct silt_header *header = silt_tables_session();
  for (; header->lost[SILT_LOST_LIVE_FULL].count < 10; given++)
    silt_record_alloc((char *)block + given * 16, 100);
  REQUIRE(header->lost[SILT_LOST_LIVE_FULL].bytes == 1000);
  REQUIRE(live_count(header) == given - 10);
  REQUIRE(silt_site_at(header, first_site)->alloc_objects == given);
  given_end = SILT_END_UNWIND | SILT_END_GUESSED;
  silt_record_alloc((char *)block + given * 16, 7);
  REQUIRE(header->lost[SILT_LOST_UNWIND].count == 1 && header->lost[SILT_LOST_UNWIND].bytes == 7);
}

static void missed_free_heals_when_its_address_comes_again(void) {
  every_allocation();
  silt_record_alloc(block, 100);
  given_pcs[0]++;
  for (int i = 0; i < 5000; i++) silt_record_alloc(block, 70);  // freed by another name each time
  struct silt_header *header = silt_session_current();
  const struct silt_site *first = silt_site_at(header, first_site), *second = first + 1;
  REQUIRE(header->missed_frees.count == 5000);
  REQUIRE(header->missed_frees.bytes == 100 + 4999 * 70);
  REQUIRE(first->free_objects == 1 && first->free_bytes == 100);
  REQUIRE(second->free_objects == 4999 && second->free_bytes == 4999 * 70);
  REQUIRE(second->alloc_objects == 5000);
  REQUIRE(live_count(header) == 1 && live_is_valid(header) && ring_is_valid(header));
  REQUIRE(header->regions[SILT_REGION_LIVE].used == SILT_LIVE_LEVEL0);  // nothing grew
  struct silt_live_entry entry;
  REQUIRE(silt_record_take(block, &entry) && entry.size == 70);
  REQUIRE(!silt_record_take(block, &entry));
}

static void allocate_inside(void) {
  silt_record_alloc((char *)block + 4096, 9);
}

static void sample_inside_a_recording_is_counted_as_nested(void) {
  every_allocation();
  given_interruption = allocate_inside;
  silt_record_alloc(block, 100);
  struct silt_header *header = silt_session_current();
  REQUIRE(header->lost[SILT_LOST_NESTED].count == 1 && header->lost[SILT_LOST_NESTED].bytes == 9);
  REQUIRE(live_count(header) == 1 && silt_thread.recording == 0);
}

static jmp_buf outside_of_it;

static void leave(void) {
  longjmp(outside_of_it, 1);
}

static void recording_goes_on_after_one_was_left(void) {
  every_allocation();
  given_interruption = leave;
  if (!setjmp(outside_of_it)) silt_record_alloc(block, 100);
  struct silt_header *header = silt_session_current();
  REQUIRE(silt_thread.recording != 0 && live_count(header) == 0);
  silt_record_alloc(block, 100);
  REQUIRE(live_count(header) == 1 && header->lost[SILT_LOST_NESTED].count == 0);
}

static void searches_of_our_own_are_not_recorded(void) {
  every_allocation();
  silt_thread.resolving = 1;
  silt_record_alloc(block, 100);
  silt_thread.resolving = 0;
  silt_record_alloc(NULL, 100);
  REQUIRE(!silt_session_current());
}

// As a program's threads do that share an allocator; recorded at an interval of 1.
static void hammer(unsigned thread) {
  struct silt_live_entry entry;
  given_depth = 3;
  for (uint64_t i = 0; i < 5000; i++) {
    char *mine = (char *)block + (i % 300 * SUITE_THREADS + thread) * 32;
    given_pcs[0] = 0x401000 + i % 50;
    silt_record_alloc(mine, i % 200);
    REQUIRE(silt_record_take(mine, &entry) && entry.size == i % 200);
    if (i % 3 == 0) {
      silt_record_put_back(&entry);
      REQUIRE(silt_record_take(mine, &entry));
    }
    silt_record_freed(&entry);
  }
}

static void threads_lose_nothing(void) {
  every_allocation();
  struct silt_header *header = silt_tables_session();
  suite_run_together(hammer);
  uint64_t allocated = 0, freed = 0;
  for (uint64_t id = 1; id < silt_region_count(header, SILT_REGION_SITES); id++) {
    const struct silt_site *site = silt_region_at(header, SILT_REGION_SITES, id);
    if (!site->stack) continue;
    REQUIRE(site->alloc_bytes == site->free_bytes);
    allocated += site->alloc_objects;
    freed += site->free_objects;
  }
  REQUIRE(allocated == SUITE_THREADS * 5000 && freed == allocated);
  REQUIRE(header->regions[SILT_REGION_RING].used == 2 * allocated);
  REQUIRE(live_count(header) == 0 && live_is_valid(header) && regions_is_valid(header));
  for (int i = 0; i < SILT_LOST_COUNT; i++) REQUIRE(header->lost[i].count == 0);
}

SUITE({"record: a sample and its free are in every table", sample_and_its_free_are_in_every_table},
      {"record: what does not fit is counted", what_does_not_fit_is_counted},
      {"record: a missed free heals when its address comes again",
       missed_free_heals_when_its_address_comes_again},
      {"record: a sample inside a recording is counted as nested",
       sample_inside_a_recording_is_counted_as_nested},
      {"record: recording goes on after one was left by longjmp",
       recording_goes_on_after_one_was_left},
      {"record: searches of our own are not recorded", searches_of_our_own_are_not_recorded},
      {"record: threads lose nothing", threads_lose_nothing})
