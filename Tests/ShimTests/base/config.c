// SPDX-License-Identifier: Apache-2.0
//
// What each value in the environment becomes.
#include "base/config.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "include/silt_settings.h"
#include "suite/suite.h"

static void numbers_have_units_and_bounds(void) {
  const struct {
    const char *text;
    uint64_t interval;
  } cases[] = {{"1", 1},
               {"4096", 4096},
               {"64k", 64 << 10},
               {"64K", 64 << 10},
               {"3M", 3 << 20},
               {"2GiB", UINT64_C(2) << 30},
               {"0", 512 << 10},
               {"64kB", 64 << 10},
               {"64B", 64},
               {"64kilo", 512 << 10},
               {"64iB", 512 << 10},
               {"64 k", 512 << 10},
               {"", 512 << 10},
               {"abc", 512 << 10},
               {"-5", 512 << 10},
               {" 5", 512 << 10},
               {"18446744073709551616", 512 << 10},
               {"99999999999G", 512 << 10},
               {"9223372036854775807", UINT64_C(1) << 48}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    suite_configure("SILT_INTERVAL", cases[i].text, NULL);
    REQUIRE(silt_config.interval == cases[i].interval);
  }
}

static void nothing_said_is_the_defaults(void) {
  clearenv();
  silt_config_read();
  REQUIRE(silt_config.interval == 512 << 10 && silt_config.capacity == 64 << 20);
  REQUIRE(silt_config.dump_every == 0 && silt_config.dump_growth == 0 && silt_config.keep == 100);
  REQUIRE(silt_config.keep_bytes == 1u << 30);
  REQUIRE(silt_config.signal == SIGUSR2 && silt_config.unwind == SILT_UNWIND_CFI);
  REQUIRE(silt_config.exit == SILT_EXIT_KEEP && silt_config.children && !silt_config.directory);
}

static void nothing_is_recorded_where_the_user_says_so(void) {
  suite_configure("SILT_RECORD", "no", NULL);
  REQUIRE(!silt_config_is_idle());
  suite_configure("SILT_RECORD", "0", NULL);
  REQUIRE(silt_config_is_idle());
}

static void large_numbers_do_not_wrap(void) {
  suite_configure("SILT_CAPACITY", "9000G", "SILT_KEEP", "4294967296", "SILT_DUMP_EVERY",
                  "18446744073", NULL);
  REQUIRE(silt_config.capacity == UINT64_C(1) << 36);
  REQUIRE(silt_config.keep == 20000);
  // A time in ns, and one and a half of it more, is still a number.
  REQUIRE(silt_config.dump_every > UINT64_MAX / 5 && silt_config.dump_every <= UINT64_MAX / 4);
  suite_configure("SILT_CAPACITY", "10", "SILT_DUMP_EVERY", "30", NULL);
  REQUIRE(silt_config.capacity == 1 << 20);
  REQUIRE(silt_config.dump_every == UINT64_C(30000000000));
}

static void what_makes_no_sense_is_judged_so(void) {
  const struct {
    enum silt_setting_name name;
    const char *text;
    enum silt_setting_verdict verdict;
    uint64_t value;
  } cases[] = {{SILT_SETTING_INTERVAL, NULL, SILT_SETTING_RIGHT, 512 << 10},
               {SILT_SETTING_INTERVAL, "64k", SILT_SETTING_RIGHT, 64 << 10},
               {SILT_SETTING_INTERVAL, "64x", SILT_SETTING_NONSENSE, 512 << 10},
               {SILT_SETTING_INTERVAL, "0", SILT_SETTING_NONSENSE, 512 << 10},
               {SILT_SETTING_INTERVAL, "999999G", SILT_SETTING_BOUNDED, UINT64_C(1) << 48},
               {SILT_SETTING_CAPACITY, "1", SILT_SETTING_BOUNDED, 1 << 20},
               {SILT_SETTING_DUMP_EVERY, "0", SILT_SETTING_RIGHT, 0},
               {SILT_SETTING_DUMP_EVERY, "1h", SILT_SETTING_NONSENSE, 0},
               {SILT_SETTING_DUMP_SIGNAL, "none", SILT_SETTING_RIGHT, 0},
               {SILT_SETTING_DUMP_SIGNAL, "KILL", SILT_SETTING_NONSENSE, SIGUSR2},
               {SILT_SETTING_DUMP_SIGNAL, "9", SILT_SETTING_NONSENSE, SIGUSR2},
               {SILT_SETTING_UNWIND, "fp", SILT_SETTING_RIGHT, 1},
               {SILT_SETTING_UNWIND, "dwarf", SILT_SETTING_NONSENSE, 0},
               {SILT_SETTING_EXIT, "discard", SILT_SETTING_RIGHT, 1},
               {SILT_SETTING_EXIT, "discarded", SILT_SETTING_NONSENSE, 0},
               {SILT_SETTING_EXIT, "", SILT_SETTING_NONSENSE, 0},
               {SILT_SETTING_CHILDREN, "no", SILT_SETTING_NONSENSE, 1},
               {SILT_SETTING_DIR, "", SILT_SETTING_NONSENSE, 0},
               {SILT_SETTING_DIR, "anywhere", SILT_SETTING_RIGHT, 0},
               {SILT_SETTING_MAX_OVERHEAD, "0.5%", SILT_SETTING_RIGHT, 5000},
               {SILT_SETTING_MAX_OVERHEAD, "1%", SILT_SETTING_RIGHT, 10000},
               {SILT_SETTING_MAX_OVERHEAD, "12.3456%", SILT_SETTING_RIGHT, 123456},
               {SILT_SETTING_MAX_OVERHEAD, "0.001%", SILT_SETTING_BOUNDED, 500},
               {SILT_SETTING_MAX_OVERHEAD, "101%", SILT_SETTING_BOUNDED, 1000000},
               {SILT_SETTING_MAX_OVERHEAD, "0%", SILT_SETTING_NONSENSE, 0},
               {SILT_SETTING_MAX_OVERHEAD, "0.5", SILT_SETTING_NONSENSE, 0},
               {SILT_SETTING_MAX_OVERHEAD, "0.005", SILT_SETTING_NONSENSE, 0},
               {SILT_SETTING_MAX_OVERHEAD, ".5%", SILT_SETTING_NONSENSE, 0},
               {SILT_SETTING_MAX_OVERHEAD, "1.%", SILT_SETTING_NONSENSE, 0},
               {SILT_SETTING_MAX_OVERHEAD, "0.12345%", SILT_SETTING_NONSENSE, 0},
               {SILT_SETTING_MAX_OVERHEAD, "1000%", SILT_SETTING_NONSENSE, 0},
               {SILT_SETTING_MAX_OVERHEAD, "1%%", SILT_SETTING_NONSENSE, 0},
               {SILT_SETTING_MAX_OVERHEAD, "", SILT_SETTING_NONSENSE, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint64_t value;
    REQUIRE(silt_setting_judge(silt_setting_at(cases[i].name), cases[i].text, &value) ==
            cases[i].verdict);
    REQUIRE(value == cases[i].value);
  }
  REQUIRE(strcmp(silt_setting_at(SILT_SETTING_DIR)->name, "SILT_DIR") == 0);
}

static void signals_have_names_and_numbers(void) {
  const struct {
    const char *text;
    uint32_t signal;
  } cases[] = {{"USR1", SIGUSR1}, {"SIGUSR1", SIGUSR1}, {"SIGPROF", SIGPROF},
               {"10", 10},        {"64", 64},           {"none", 0},
               {"0", 0},          {"65", SIGUSR2},      {"9", SIGUSR2},
               {"11", SIGUSR2},   {"19", SIGUSR2},      {"SIG", SIGUSR2},
               {"", SIGUSR2},     {"nonsense", SIGUSR2}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    suite_configure("SILT_SIGNAL", cases[i].text, NULL);
    REQUIRE(silt_config.signal == cases[i].signal);
  }
}

static void directory_outlives_the_environment(void) {
  char value[] = "SILT_DIR=/somewhere/else";
  clearenv();
  putenv(value);
  silt_config_read();
  memset(value, 'x', sizeof value - 1);
  REQUIRE(strcmp(silt_config.directory, "/somewhere/else") == 0);
}

static void relative_directory_is_of_the_start(void) {
  char expected[100];
  REQUIRE(chdir(suite_folder) == 0);
  suite_configure("SILT_DIR", "sub/folder", NULL);
  REQUIRE(chdir("/") == 0);
  snprintf(expected, sizeof expected, "%s/sub/folder", suite_folder);
  REQUIRE(strcmp(silt_config.directory, expected) == 0);
}

static void directory_that_does_not_fit_is_none(void) {
  char path[1000];
  memset(path, 'd', sizeof path);
  path[0] = '/';
  path[511] = '\0';
  suite_configure("SILT_DIR", path, NULL);
  REQUIRE(strcmp(silt_config.directory, path) == 0);
  path[511] = 'd';
  path[512] = '\0';
  suite_configure("SILT_DIR", path, NULL);
  REQUIRE(!silt_config.directory);
  suite_configure("SILT_DIR", "", NULL);
  REQUIRE(!silt_config.directory);
}

static void names_must_match_to_the_end(void) {
  suite_configure("SILT_EXIT", "discarded", "SILT_UNWIND", "fpp", "SILT_CHILDREN", "00",
                  "SILT_INTERVALS", "7", NULL);
  REQUIRE(silt_config.exit == SILT_EXIT_KEEP && silt_config.unwind == SILT_UNWIND_CFI);
  REQUIRE(silt_config.children && silt_config.interval == 512 << 10);
  suite_configure("SILT_EXIT", "discard", "SILT_UNWIND", "fp", "SILT_CHILDREN", "0", NULL);
  REQUIRE(silt_config.exit == SILT_EXIT_DISCARD && silt_config.unwind == SILT_UNWIND_FP);
  REQUIRE(!silt_config.children);
}

SUITE({"config: numbers have units and bounds", numbers_have_units_and_bounds},
      {"config: nothing said is the defaults", nothing_said_is_the_defaults},
      {"config: nothing is recorded where the user says so",
       nothing_is_recorded_where_the_user_says_so},
      {"config: large numbers do not wrap", large_numbers_do_not_wrap},
      {"config: what makes no sense is judged so", what_makes_no_sense_is_judged_so},
      {"config: signals have names and numbers", signals_have_names_and_numbers},
      {"config: the directory outlives the environment", directory_outlives_the_environment},
      {"config: a relative directory is of the start", relative_directory_is_of_the_start},
      {"config: a directory that does not fit is none", directory_that_does_not_fit_is_none},
      {"config: names must match to the end", names_must_match_to_the_end})
