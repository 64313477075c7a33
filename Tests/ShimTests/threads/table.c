// SPDX-License-Identifier: Apache-2.0
//
// The table of threads, as built into this program with the thread sanitizer, while several threads
// create and end others and one reads. It calls the table as interpose_threads.c does. A race ends
// it through the sanitizer; a wrong count through the checks here.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture.h"
#include "session.h"
#include "stacks.h"
#include "threads.h"

enum { CREATORS = 4, ROUNDS = 250, BATCH = 8 };

#define REQUIRE(condition)                                           \
  do {                                                               \
    if (!(condition)) {                                              \
      fprintf(stderr, "table.c:%d: not " #condition "\n", __LINE__); \
      exit(1);                                                       \
    }                                                                \
  } while (0)

// In the place of the real one: each creator has a stack of its own.
uint32_t silt_capture_stack(struct silt_header *header) {
  uint64_t pcs[] = {0x1000 + silt_thread.id, 0x2000};
  return silt_stacks_intern(header, pcs, 2, SILT_END_COMPLETE);
}

static void *run(void *launch) {
  struct silt_call call = silt_threads_enter(launch);
  return ((void *(*)(void *))call.routine)(call.argument);
}

static void create(pthread_t *thread, void *(*routine)(void *), void *argument) {
  struct silt_launch *launch =
      silt_threads_prepare((struct silt_call){(void *)routine, argument}, 1 << 20);
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
      silt_threads_prepare((struct silt_call){(void *)end_somehow, NULL}, 1 << 20);
  REQUIRE(launch);
  silt_threads_settle(launch, false);
}

static void *create_many(void *argument) {
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
  uint64_t slots = header ? silt_threads_slots(header) : 0, alive = 0;
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

int main(void) {
  pthread_t creators[CREATORS], reader;
  uint64_t most = 0;
  REQUIRE(pthread_create(&reader, NULL, read_all_the_time, &most) == 0);
  for (int i = 0; i < CREATORS; i++) create(&creators[i], create_many, NULL);
  for (int i = 0; i < CREATORS; i++) pthread_join(creators[i], NULL);
  store_relaxed(&done, 1);
  pthread_join(reader, NULL);
  struct silt_header *header = silt_session_current();
  REQUIRE(count_alive() == 0);
  // Slots are used again: there were never more alive than this.
  REQUIRE(silt_threads_slots(header) <= CREATORS * (BATCH + 3));
  REQUIRE(most <= CREATORS * (BATCH + 3));
  for (int i = 0; i < SILT_LOST_COUNT; i++) REQUIRE(header->lost[i].count == 0);
  silt_session_unlink();
  printf("threads: %d created and ended\n", CREATORS * (1 + ROUNDS * BATCH + (ROUNDS + 15) / 16));
  return 0;
}
