// SPDX-License-Identifier: Apache-2.0
//
// The sampler's probabilities and its arithmetic. The generator is seeded here, so every run gives
// the same numbers.
#include "sample/sampler.h"

#include <fenv.h>
#include <math.h>

#include "base/config.h"
#include "suite/suite.h"

enum { DRAWS = 1000000 };

static void seed(uint64_t random) {
  silt_thread.random = random;
  silt_thread.countdown = 0;
  silt_config.interval = 512 << 10;
}

// Of the last sample.
static uint32_t step;

static bool samples(uint64_t size) {
  return !silt_sampler_passes(size) && silt_sampler_due(size, &step);
}

static void probability_is_the_poisson_process(void) {
  const uint64_t sizes[] = {1, 100, 64 << 10, 1 << 20};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    seed(20261122 + i);
    samples(1);  // the first one has no distance yet
    uint64_t sampled = 0;
    for (int k = 0; k < DRAWS; k++) sampled += samples(sizes[i]);
    double p = -expm1(-(double)sizes[i] / (512 << 10));
    double sigma = sqrt(DRAWS * p * (1 - p));
    if (fabs((double)sampled - DRAWS * p) > 4 * sigma)
      fprintf(stderr, "%llu bytes: %llu of %g\n", (unsigned long long)sizes[i],
              (unsigned long long)sampled, DRAWS * p);
    REQUIRE(fabs((double)sampled - DRAWS * p) <= 4 * sigma);
  }
}

static void mixed_sizes_are_sampled_each_by_its_own(void) {
  uint64_t sampled[2] = {0, 0}, given[2] = {0, 0};
  const uint64_t sizes[2] = {40, 200000};
  seed(7);
  for (int k = 0; k < DRAWS; k++) {
    int which = silt_mix((uint64_t)k) % 10 == 0;
    given[which]++;
    sampled[which] += samples(sizes[which]);
  }
  for (int i = 0; i < 2; i++) {
    double p = -expm1(-(double)sizes[i] / (512 << 10)), n = (double)given[i];
    REQUIRE(fabs((double)sampled[i] - n * p) <= 4 * sqrt(n * p * (1 - p)));
  }
}

// At an interval of 2^48 a distance has all digits of the logarithm that it is computed from.
static void distance_is_the_natural_logarithm(void) {
  seed(1);
  silt_config.interval = UINT64_C(1) << 48;
  for (int k = 0; k < DRAWS; k++) {
    uint64_t state = silt_thread.random + UINT64_C(0x9e3779b97f4a7c15);
    double uniform = (double)(silt_mix(state) | 1) * 0x1p-64;
    silt_thread.countdown = 0;
    REQUIRE(samples(0));
    double logarithm = (double)(silt_thread.countdown - 1) * 0x1p-48;
    REQUIRE(fabs(logarithm + log(uniform)) < 2e-9);
  }
}

static void draws_leave_the_floating_point_flags(void) {
  seed(2);
  silt_config.interval = 512 << 10;
  feclearexcept(FE_ALL_EXCEPT);
  for (int i = 0; i < 1000; i++) samples(UINT64_C(1) << 40);
  REQUIRE(fetestexcept(FE_ALL_EXCEPT) == 0);
}

static void interval_of_one_samples_everything(void) {
  seed(1);
  silt_config.interval = 1;
  for (int i = 0; i < 1000; i++) REQUIRE(samples(0) && samples(1) && samples(UINT64_C(1) << 40));
}

static void request_that_fails_leaves_the_countdown(void) {
  seed(3);
  samples(1);
  uint64_t before = silt_thread.countdown;
  REQUIRE(!silt_sampler_passes(UINT64_MAX) && !silt_sampler_passes(UINT64_MAX / 2));
  REQUIRE(silt_thread.countdown == before);
}

static void first_allocation_of_a_thread_is_as_likely_as_any(void) {
  uint64_t sampled = 0;
  silt_config.interval = 512 << 10;
  for (int k = 0; k < 20000; k++) {
    silt_thread.random = silt_thread.countdown = 0;
    sampled += samples(512 << 10);
  }
  double p = -expm1(-1.0), sigma = sqrt(20000 * p * (1 - p));
  REQUIRE(fabs((double)sampled - 20000 * p) <=
          5 * sigma);  // seeded by the system: once in 10^6 runs
}

static void allocation_inside_another_takes_nothing_from_it(void) {
  seed(0);
  silt_config.interval = UINT64_C(1) << 40;
  REQUIRE(!silt_sampler_passes(1000));
  // Now the next malloc, on its first call, allocates itself.
  REQUIRE(!samples(64));
  REQUIRE(!silt_sampler_due(1000, &step));
}

static void probe_tells_whether_the_call_came_back(void) {
  seed(5);
  samples(1);
  uint64_t before = silt_thread.countdown;
  silt_sampler_probe();
  REQUIRE(!silt_sampler_probed() && silt_thread.countdown == before);
  silt_sampler_probe();
  REQUIRE(!samples(8));
  REQUIRE(silt_sampler_probed() && silt_thread.countdown == before - 8);
}

static void probe_inside_a_probe_keeps_the_countdown(void) {
  seed(5);
  samples(1);
  uint64_t before = silt_thread.countdown;
  silt_sampler_probe();
  silt_sampler_probe();
  REQUIRE(!samples(8));
  REQUIRE(silt_sampler_probed() && silt_sampler_probed());
  REQUIRE(silt_thread.countdown == before - 8);
}

static void call_that_throws_ends_its_probe_later(void) {
  seed(5);
  samples(1);
  uint64_t before = silt_thread.countdown;
  silt_sampler_probe();  // and never a silt_sampler_probed
  REQUIRE(!samples(8) && silt_thread.countdown == before - 8);
}

SUITE({"sampler: probability is the Poisson process's", probability_is_the_poisson_process},
      {"sampler: mixed sizes are sampled each by its own", mixed_sizes_are_sampled_each_by_its_own},
      {"sampler: a distance is the natural logarithm", distance_is_the_natural_logarithm},
      {"sampler: draws leave the floating-point flags", draws_leave_the_floating_point_flags},
      {"sampler: an interval of one samples everything", interval_of_one_samples_everything},
      {"sampler: a request that fails leaves the countdown",
       request_that_fails_leaves_the_countdown},
      {"sampler: the first allocation of a thread is as likely as any",
       first_allocation_of_a_thread_is_as_likely_as_any},
      {"sampler: an allocation inside another takes nothing from it",
       allocation_inside_another_takes_nothing_from_it},
      {"sampler: a probe tells whether the call came back", probe_tells_whether_the_call_came_back},
      {"sampler: a probe inside a probe keeps the countdown",
       probe_inside_a_probe_keeps_the_countdown},
      {"sampler: a call that throws ends its probe later", call_that_throws_ends_its_probe_later})
