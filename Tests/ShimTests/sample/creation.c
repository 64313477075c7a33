// SPDX-License-Identifier: Apache-2.0
//
// Creations and ends of threads, as interpose_threads.c records them, while another thread reads
// the table. A race ends the test through the thread sanitizer; a wrong count through the checks
// here.
#define _GNU_SOURCE
#include "sample/creation.h"

#include <pthread.h>
#include <sched.h>

#include "sample/given.h"
#include "session/regions.h"
#include "session/session.h"
#include "suite/suite.h"

enum { CREATORS = 4, ROUNDS = 250, BATCH = 8 };

// A cancelled thread leaves this frame without a return, which the address sanitizer does not
// notice.
__attribute__((no_sanitize("address"))) static void *run(void *launch) {
  struct silt_call call = silt_threads_enter(launch);
  return ((void *(*)(void *))call.routine)(call.argument);
}

static void create(pthread_t *thread, void *(*routine)(void *), void *argument) {
  struct silt_launch *launch =
      silt_creation_record((struct silt_call){(void *)routine, argument, 0}, 1 << 20);
  REQUIRE(launch);
  int error = pthread_create(thread, NULL, run, launch);
  silt_threads_settle(launch, error == 0);
  REQUIRE(error == 0);
}

static void *end_somehow(void *how) {
  if ((uintptr_t)how % 2 == 0) pthread_exit(how);
  return how;
}

static void *wait_for_cancellation(void *argument) {
  for (;;) {
    pthread_testcancel();
    sched_yield();
  }
  return argument;
}

static void fail_to_create(void) {
  struct silt_launch *launch =
      silt_creation_record((struct silt_call){(void *)end_somehow, NULL, 0}, 1 << 20);
  REQUIRE(launch);
  silt_threads_settle(launch, false);
}

static void *create_many(void *argument) {
  given_pcs[0] = 0x1000 + (uintptr_t)pthread_self();
  given_pcs[1] = 0x2000;
  given_depth = 2;
  for (uintptr_t round = 0; round < ROUNDS; round++) {
    pthread_t threads[BATCH], cancelled;
    for (uintptr_t i = 0; i < BATCH; i++) create(&threads[i], end_somehow, (void *)(round + i));
    fail_to_create();
    if (round % 16 == 0) {
      create(&cancelled, wait_for_cancellation, NULL);
      pthread_cancel(cancelled);
      pthread_join(cancelled, NULL);
    }
    for (uintptr_t i = 0; i < BATCH; i++) {
      void *result;
      REQUIRE(pthread_join(threads[i], &result) == 0);
      REQUIRE(result == (void *)(round + i));
    }
  }
  return argument;
}

static uint64_t count_alive(void) {
  struct silt_header *header = silt_session_current();
  uint64_t slots = header ? silt_region_count(header, SILT_REGION_THREADS) : 0, alive = 0;
  for (uint64_t i = 0; i < slots; i++) {
    struct silt_thread_record record;
    if (silt_threads_copy(header, i, &record)) alive++;
  }
  return alive;
}

static int done;

static void *read_all_the_time(void *most) {
  while (!load_relaxed(&done)) {
    uint64_t alive = count_alive();
    if (alive > *(uint64_t *)most) *(uint64_t *)most = alive;
  }
  return most;
}

static void threads_are_in_the_table_until_they_end(void) {
  pthread_t creators[CREATORS], reader;
  uint64_t most = 0;
  given_pcs[0] = 0x1000;
  given_depth = 1;
  REQUIRE(pthread_create(&reader, NULL, read_all_the_time, &most) == 0);
  for (int i = 0; i < CREATORS; i++) create(&creators[i], create_many, NULL);
  for (int i = 0; i < CREATORS; i++) pthread_join(creators[i], NULL);
  store_relaxed(&done, 1);
  pthread_join(reader, NULL);
  struct silt_header *header = silt_session_current();
  REQUIRE(count_alive() == 0);
  // Slots are used again: there were never more alive than this.
  REQUIRE(silt_region_count(header, SILT_REGION_THREADS) <= CREATORS * (BATCH + 3));
  REQUIRE(most <= CREATORS * (BATCH + 3));
  for (int i = 0; i < SILT_LOST_COUNT; i++) REQUIRE(header->lost[i].count == 0);
}

SUITE({"creation: threads are in the table until they end",
       threads_are_in_the_table_until_they_end})
