// SPDX-License-Identifier: Apache-2.0
//
// The counting filter: a wrong "maybe" is allowed, a wrong "no" never.
#include "tables/filter.h"

#include "suite/suite.h"

static bool maybe(uintptr_t address) {
  return silt_filter_maybe((const void *)address);
}

static void counts_what_it_was_given(void) {
  REQUIRE(!maybe(0x5000));
  silt_filter_add(0x5000);
  silt_filter_add(0x5010);
  REQUIRE(maybe(0x5000) && maybe(0x53ff) && !maybe(0x5400) && !maybe(0x4fff));
  REQUIRE(maybe(0x5000 + (UINT64_C(1) << 32)));
  silt_filter_subtract(0x5000);
  REQUIRE(maybe(0x5010));
  silt_filter_subtract(0x5010);
  REQUIRE(!maybe(0x5010));
  silt_filter_subtract(0x5010);  // a second free of the same block
  REQUIRE(!maybe(0x5010));
}

static void full_counter_stays_full(void) {
  for (int i = 0; i < 300; i++) silt_filter_add(0x7000);
  for (int i = 0; i < 300; i++) silt_filter_subtract(0x7000);
  REQUIRE(maybe(0x7000));
  silt_filter_pin(0x9000);
  silt_filter_subtract(0x9000);
  silt_filter_add(0x9000);
  REQUIRE(maybe(0x9000));
}

static void hammer(unsigned thread) {
  for (int i = 0; i < 20000; i++) {
    silt_filter_add(0x5000 + thread);
    if (i % 8 != 0) silt_filter_subtract(0x5000 + thread);
    if (i % 8 == 7) silt_filter_subtract(0x5000 + thread);
  }
}

static void threads_on_one_counter_leave_it_right(void) {
  suite_run_together(hammer);
  REQUIRE(!maybe(0x5000));
}

SUITE({"filter counts what it was given", counts_what_it_was_given},
      {"filter: a full counter stays full", full_counter_stays_full},
      {"filter: threads on one counter leave it right", threads_on_one_counter_leave_it_right})
