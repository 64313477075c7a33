// SPDX-License-Identifier: Apache-2.0
//
// The table of rules. What was inserted is found, and nothing else; a full line
// loses one entry; an unload bypasses the table, and clears it; a forked
// child does not wait for the unloads of other threads.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cfi/rules.h"
#include "suite/require.h"

#define PC UINT64_C(0x7f1234567890)
#define RULE (SILT_RULE_FROM_SP | 64)
// Keys that differ by this are in the same line.
#define STRIDE ((UINT64_C(1) << 2 * SILT_RULES_LINES_LOG2) << 2)

static uint32_t found_in_line(uint32_t count) {
  uint32_t found = 0;
  for (uint32_t i = 0; i < count; i++) found += silt_rules_find(PC + i * STRIDE) == RULE;
  return found;
}

static void inserted_is_found_and_nothing_else(void) {
  uint64_t epoch = silt_rules_epoch();
  REQUIRE(silt_rules_find(PC) == SILT_RULE_NONE);
  silt_rules_insert(PC, RULE, epoch);
  REQUIRE(silt_rules_find(PC) == RULE);
  for (int bit = 2; bit < 64; bit++) {
    REQUIRE(silt_rules_find(PC ^ UINT64_C(1) << bit) == SILT_RULE_NONE);
  }
  silt_rules_insert(UINT64_C(1) << 60, RULE, epoch);
  REQUIRE(silt_rules_find(UINT64_C(1) << 60) == SILT_RULE_NONE);
}

static void full_line_forgets_one_for_each_newcomer(void) {
  uint64_t epoch = silt_rules_epoch();
  for (uint32_t i = 0; i < 20; i++) {
    silt_rules_insert(PC + i * STRIDE, RULE, epoch);
    REQUIRE(silt_rules_find(PC + i * STRIDE) == RULE);
    REQUIRE(found_in_line(i + 1) == (i + 1 < SILT_RULES_WAYS ? i + 1 : SILT_RULES_WAYS));
  }
}

static void unload_bypasses_and_clears(void) {
  uint64_t before = silt_rules_epoch();
  REQUIRE(!silt_rules_bypassed(before));
  silt_rules_unload_begin();
  REQUIRE(silt_rules_bypassed(silt_rules_epoch()));
  silt_rules_unload_end();
  REQUIRE(!silt_rules_bypassed(silt_rules_epoch()));
  REQUIRE(found_in_line(20) == 0);
  // A rule that was found before the unload must not be inserted after it.
  silt_rules_insert(PC, RULE, before);
  REQUIRE(silt_rules_find(PC) == SILT_RULE_NONE);
  silt_rules_insert(PC, RULE, silt_rules_epoch());
  REQUIRE(silt_rules_find(PC) == RULE);
}

static pthread_barrier_t unloading, forked;

static void *unload_for_long(void *argument) {
  silt_rules_unload_begin();
  pthread_barrier_wait(&unloading);
  pthread_barrier_wait(&forked);
  silt_rules_unload_end();
  return argument;
}

static void child_outlives_its_parents_unload(void) {
  pthread_t thread;
  int status = -1;
  pthread_barrier_init(&unloading, NULL, 2);
  pthread_barrier_init(&forked, NULL, 2);
  pthread_create(&thread, NULL, unload_for_long, NULL);
  pthread_barrier_wait(&unloading);
  pid_t child = fork();
  if (child == 0) {
    REQUIRE(silt_rules_bypassed(silt_rules_epoch()));
    silt_rules_after_fork();
    REQUIRE(!silt_rules_bypassed(silt_rules_epoch()));
    REQUIRE(silt_rules_find(PC) == SILT_RULE_NONE);
    _exit(0);
  }
  waitpid(child, &status, 0);
  REQUIRE(status == 0);
  pthread_barrier_wait(&forked);
  pthread_join(thread, NULL);
  REQUIRE(!silt_rules_bypassed(silt_rules_epoch()));
  // A child that is forked inside this thread's own unload is still inside it.
  silt_rules_unload_begin();
  child = fork();
  if (child == 0) {
    silt_rules_after_fork();
    REQUIRE(silt_rules_bypassed(silt_rules_epoch()));
    silt_rules_unload_end();
    REQUIRE(!silt_rules_bypassed(silt_rules_epoch()));
    _exit(0);
  }
  waitpid(child, &status, 0);
  REQUIRE(status == 0);
  silt_rules_unload_end();
}

int main(void) {
  inserted_is_found_and_nothing_else();
  full_line_forgets_one_for_each_newcomer();
  unload_bypasses_and_clears();
  child_outlives_its_parents_unload();
  printf("table: as expected\n");
}
