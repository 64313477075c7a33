// SPDX-License-Identifier: Apache-2.0
//
// Whose memory it is: children that got a copy of it, and children that share it.
#define _GNU_SOURCE
#include "session/owner.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session/alone.h"
#include "session/file.h"
#include "session/regions.h"
#include "session/session.h"
#include "suite/suite.h"

static void child_has_a_session_of_its_own(void) {
  struct silt_header *header = session_alone();
  pid_t child = fork();
  int status;
  if (child == 0) {
    REQUIRE(!silt_session_current());
    struct silt_header *own = session_alone();
    REQUIRE(own && own->pid == (uint32_t)getpid() && own->flags & SILT_FLAG_FORKED);
    REQUIRE(suite_is_called(silt_file_name(), ""));
    _exit(0);
  }
  REQUIRE(waitpid(child, &status, 0) == child && status == 0);
  REQUIRE(silt_session_current() == header);
}

// As after a signal handler that forks on top of a recording, or of a free: the frame goes on with
// the header that it has.
static void child_of_an_interrupted_frame_writes_nothing_to_its_parent(void) {
  struct silt_header *header = session_alone();
  for (int i = 0; i < 2; i++) {
    int status;
    silt_thread.recording = i == 0 ? (uintptr_t)__builtin_frame_address(0) : 0;
    silt_thread.taking = i == 1;
    pid_t child = fork();
    if (child == 0) {
      REQUIRE(!silt_session_current());
      struct silt_region *ring = &header->regions[SILT_REGION_RING];
      REQUIRE(ring->capacity > 0 && silt_region_at(header, SILT_REGION_RING, 0) > (void *)header);
      uint64_t element;
      REQUIRE(silt_region_claim(header, SILT_REGION_THREADS, 1, &element));
      silt_session_lose(header, SILT_LOST_NESTED, 1);
      memset(silt_region_at(header, SILT_REGION_THREADS, element), 1, ring->element_size);
      uint64_t size = header->regions[SILT_REGION_FRAMES].offset;
      suite_configure("SILT_CAPACITY", "64M", NULL);
      struct silt_header *own = session_alone();
      REQUIRE(own && own != header);
      silt_session_lose(header, SILT_LOST_NESTED, 1);
      // The bounds are its own session's now, and lead nowhere else in the old place. Nothing is
      // made present by way of that.
      REQUIRE(own->regions[SILT_REGION_FRAMES].offset <= size);
      uint64_t backed = silt_region_bounds[SILT_REGION_SITES].backed;
      REQUIRE(
          !silt_region_back(header, SILT_REGION_SITES, silt_region_capacity(SILT_REGION_SITES)));
      REQUIRE(silt_region_bounds[SILT_REGION_SITES].backed == backed);
      _exit(0);
    }
    silt_thread.recording = silt_thread.taking = 0;
    REQUIRE(waitpid(child, &status, 0) == child && status == 0);
    REQUIRE(header->lost[SILT_LOST_NESTED].count == 0);
    REQUIRE(header->regions[SILT_REGION_THREADS].used == 0);
  }
}

static int look(void *found) {
  *(struct silt_header **)found = silt_session_current();
  _exit(0);
}

// clone, because the thread sanitizer turns every vfork into a fork.
static void child_in_the_same_memory_is_still_its_parent(void) {
  static _Alignas(16) char stack[1 << 16];
  struct silt_header *header = session_alone(), *found = NULL;
  pid_t child = clone(look, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &found);
  REQUIRE(child > 0 && waitpid(child, NULL, 0) == child);
  REQUIRE(found == header && silt_owner_generation() == 0);
}

static void fork_before_any_allocation_leaves_the_thread_unseeded(void) {
  session_alone();
  silt_thread.random = silt_thread.countdown = 0;
  pid_t child = fork();
  int status;
  if (child == 0) {
    silt_session_current();  // as a free does
    REQUIRE(silt_thread.random == 0);
    _exit(0);
  }
  REQUIRE(waitpid(child, &status, 0) == child && status == 0);
}

SUITE({"owner: a child has a session of its own", child_has_a_session_of_its_own},
      {"owner: a child of an interrupted frame writes nothing to its parent",
       child_of_an_interrupted_frame_writes_nothing_to_its_parent},
      {"owner: a child in the same memory is still its parent",
       child_in_the_same_memory_is_still_its_parent},
      {"owner: a fork before any allocation leaves the thread unseeded",
       fork_before_any_allocation_leaves_the_thread_unseeded})
