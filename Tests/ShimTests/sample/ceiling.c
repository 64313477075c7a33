// SPDX-License-Identifier: Apache-2.0
//
// A changing interval: each sample has the probability that its site says, and the ceiling makes it
// change. What the slow paths took is given here.
#include "sample/ceiling.h"

#include <math.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/os.h"
#include "sample/given.h"
#include "sample/record.h"
#include "sample/sampler.h"
#include "session/intervals.h"
#include "session/regions.h"
#include "session/session.h"
#include "suite/suite.h"
#include "tables/invariants.h"
#include "tables/sites.h"
#include "tables/tables.h"

// Each sample counts for the inverse of its probability. The sum is right whenever the interval
// changes, also where that depends on what was sampled before; the largest sizes and intervals are
// beyond what a thread counts down at once. The small ones change the countdown, but are sampled
// too rarely for a test.
static void samples_are_unbiased_while_the_interval_changes(void) {
  enum { ALLOCATIONS = 2000000, SIZES = 6, FIRST = 2, STEPS = 9 };
  static const uint64_t sizes[SIZES] = {1, 40, 5000, 200000, 3 << 20, 20 << 20};
  static const uint64_t until[SIZES] = {30, 60, 90, 97, 99, 100};  // in percent
  double sum[SIZES] = {0}, variance[SIZES] = {0}, given[SIZES] = {0};
  suite_configure("SILT_INTERVAL", "64k", "SILT_MAX_OVERHEAD", "1%", NULL);
  struct silt_header *header = silt_tables_session();
  silt_thread.random = suite_random() | 1;
  silt_thread.countdown = 0;
  for (int i = 0; i < ALLOCATIONS; i++) {
    uint32_t step = silt_thread.step, of = 0;
    for (uint64_t draw = suite_below(100); draw >= until[of];) of++;
    double p = -expm1(-(double)sizes[of] / (double)silt_intervals_bytes(step));
    given[of]++;
    variance[of] += (1 - p) / p;
    bool sampled = !silt_sampler_passes(sizes[of]) && silt_sampler_due(sizes[of], &step);
    if (sampled) {
      REQUIRE(step <= header->interval &&
              header->intervals[step].bytes == silt_intervals_bytes(step));
      sum[of] += -1 / expm1(-(double)sizes[of] / (double)header->intervals[step].bytes);
    }
    if (suite_below(sampled ? 20 : 2000) == 0)
      silt_intervals_change(header, (uint32_t)suite_below(STEPS));
  }
  for (int of = FIRST; of < SIZES; of++) {
    if (fabs(sum[of] - given[of]) > 5 * sqrt(variance[of]))
      fprintf(stderr, "%llu bytes: %g of %g, standard error %g\n", (unsigned long long)sizes[of],
              sum[of], given[of], sqrt(variance[of]));
    REQUIRE(fabs(sum[of] - given[of]) <= 5 * sqrt(variance[of]));
  }
}

// A thread that waits for its next sample keeps the interval that it drew that with.
static void sample_has_the_interval_it_was_drawn_with(void) {
  uint32_t step = 9;
  suite_configure("SILT_INTERVAL", "64k", "SILT_MAX_OVERHEAD", "1%", NULL);
  struct silt_header *header = silt_tables_session();
  silt_sampler_due(0, &step);
  silt_thread.countdown = 100;
  REQUIRE(silt_intervals_change(header, 3) && !silt_intervals_change(header, 3));
  REQUIRE(silt_sampler_passes(99) && !silt_sampler_passes(1) && silt_sampler_due(1, &step));
  REQUIRE(step == 0);
  silt_thread.countdown = 1;
  silt_thread.beyond = 0;
  REQUIRE(silt_sampler_due(1, &step) && step == 3);
}

// The distance is longer than the countdown: the one that uses it up is sampled only if it reaches
// the end of both.
static void distance_goes_on_behind_the_countdown(void) {
  uint32_t step;
  suite_configure("SILT_INTERVAL", "1G", "SILT_MAX_OVERHEAD", "1%", NULL);
  REQUIRE(silt_intervals_change(silt_tables_session(), 2));
  silt_sampler_due(0, &step);
  silt_thread.countdown = 10;
  silt_thread.beyond = 90;
  silt_thread.step = 2;
  REQUIRE(!silt_sampler_due(99, &step));
  silt_thread.countdown = 10;
  silt_thread.beyond = 90;
  silt_thread.step = 2;
  REQUIRE(silt_sampler_due(100, &step) && step == 2);
}

static void site_says_which_interval(void) {
  suite_configure("SILT_INTERVAL", "1", "SILT_MAX_OVERHEAD", "1%", NULL);
  given_pcs[0] = 0x401000;
  given_depth = 1;
  silt_record_alloc((void *)0x7f0000001000, 100);
  struct silt_header *header = silt_session_current();
  silt_intervals_change(header, 5);
  silt_record_alloc((void *)0x7f0000002000, 100);  // drawn before
  silt_thread.countdown = silt_thread.beyond = 0;
  silt_record_alloc((void *)0x7f0000003000, 100);
  REQUIRE(header->interval == 5 && header->interval_now == 5 && header->interval_changes == 1);
  uint32_t first = 1 + SILT_INTERVALS * SILT_OVERFLOW_SITES;
  const struct silt_site *before = silt_site_at(header, first);
  const struct silt_site *after = silt_site_at(header, first + 1);
  REQUIRE(before->interval == 0 && before->alloc_objects == 2);
  REQUIRE(after->interval == 5 && after->alloc_objects == 1 && header->intervals[5].bytes == 32);
  // Those that wait are there for each.
  for (uint32_t step = 0; step <= 5; step++) {
    uint32_t id = silt_sites_overflow(header, step, 83);
    REQUIRE(site_is_valid(header, id) && silt_site_at(header, id)->interval == step);
  }
}

// On a disk that is full as well: just then samples are dearest.
static void full_session_can_still_lengthen_its_interval(void) {
  uint64_t first;
  suite_configure("SILT_INTERVAL", "64k", "SILT_MAX_OVERHEAD", "1%", NULL);
  struct silt_header *header = silt_tables_session();
  const struct silt_region *sites = &header->regions[SILT_REGION_SITES];
  REQUIRE(silt_region_claim(header, SILT_REGION_SITES, sites->capacity - sites->used, &first));
  REQUIRE(silt_intervals_change(header, 9) && silt_intervals_now() == 9 && header->interval == 9);
  REQUIRE(!silt_intervals_change(header, 9) && silt_intervals_change(header, 1));
  for (uint32_t step = 0; step <= 9; step++) REQUIRE(silt_sites_overflow(header, step, 83) < first);
}

static void without_a_ceiling_the_interval_stays(void) {
  suite_configure("SILT_INTERVAL", "64k", NULL);
  REQUIRE(!silt_intervals_change(silt_tables_session(), 1) && silt_intervals_now() == 0);
}

static void child_knows_all_intervals_of_its_parent(void) {
  suite_configure("SILT_INTERVAL", "64k", "SILT_MAX_OVERHEAD", "1%", NULL);
  silt_intervals_change(silt_tables_session(), 4);
  silt_intervals_change(silt_session_current(), 2);
  pid_t child = fork();
  if (child == 0) {
    struct silt_header *header = silt_tables_session();
    bool right = header && header->interval == 4 && header->interval_now == 2 &&
                 silt_intervals_now() == 2 && header->intervals[4].bytes == 16 * (64 << 10);
    for (uint32_t step = 0; step <= 4 && right; step++)
      right = site_is_valid(header, silt_sites_overflow(header, step, 83));
    _exit(right ? 0 : 1);
  }
  int status;
  REQUIRE(waitpid(child, &status, 0) == child && status == 0);
}

static double cpu_time(void) {
  return (double)clock() / CLOCKS_PER_SEC;
}

// Slow paths that take a tenth of a millisecond each, one behind the other.
static void overspend(void) {
  for (int i = 0; i < 200; i++) silt_ceiling_spend(silt_ticks() - silt_ticks_in_a_second() / 10000);
}

static void interval_is_lengthened_and_comes_back(void) {
  suite_configure("SILT_INTERVAL", "64k", "SILT_MAX_OVERHEAD", "20%", NULL);
  struct silt_header *header = silt_tables_session();
  REQUIRE(header->max_overhead == 200000);
  overspend();
  REQUIRE(silt_intervals_now() > 3 && header->overhead_time > 0 && header->interval_changes > 0);
  // Until all that is paid back: it took 20 ms, which is given for 0.13 s.
  double until = cpu_time() + 60;
  while (silt_intervals_now() > 0 && cpu_time() < until) {
    for (volatile int i = 0; i < 1000; i++) {
    }
    silt_ceiling_look();
  }
  REQUIRE(silt_intervals_now() == 0 && header->interval_now == 0);
  REQUIRE((double)header->overhead_time <= (double)header->overhead_cpu / 5);
}

static void without_a_ceiling_nothing_changes(void) {
  suite_configure("SILT_INTERVAL", "64k", NULL);
  struct silt_header *header = silt_tables_session();
  REQUIRE(silt_ceiling_begin() == 0);
  silt_ceiling_end(0);
  silt_ceiling_look();
  REQUIRE(header->interval_changes == 0 && header->overhead_time == 0 && header->interval == 0);
}

// A process that may not be asked for its time any more stays as it is.
static void sandbox_leaves_the_interval(void) {
  suite_configure("SILT_INTERVAL", "64k", "SILT_MAX_OVERHEAD", "1%", NULL);
  silt_tables_session();
  silt_os_stop(true);
  REQUIRE(silt_ceiling_begin() == 0);
  overspend();
  REQUIRE(silt_intervals_now() == 0);
  silt_os_allow(true);
}

SUITE({"ceiling: samples are unbiased while the interval changes",
       samples_are_unbiased_while_the_interval_changes},
      {"ceiling: a sample has the interval it was drawn with",
       sample_has_the_interval_it_was_drawn_with},
      {"ceiling: a distance goes on behind the countdown", distance_goes_on_behind_the_countdown},
      {"ceiling: a site says which interval", site_says_which_interval},
      {"ceiling: a full session can still lengthen its interval",
       full_session_can_still_lengthen_its_interval},
      {"ceiling: without one the interval stays", without_a_ceiling_the_interval_stays},
      {"ceiling: a child knows all intervals of its parent",
       child_knows_all_intervals_of_its_parent},
      {"ceiling: the interval is lengthened and comes back", interval_is_lengthened_and_comes_back},
      {"ceiling: without a ceiling nothing changes", without_a_ceiling_nothing_changes},
      {"ceiling: a sandbox leaves the interval", sandbox_leaves_the_interval})
