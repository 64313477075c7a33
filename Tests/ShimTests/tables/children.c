// SPDX-License-Identifier: Apache-2.0
//
// What a forked child finds in tables that its parent has filled: nothing.
#include <sys/wait.h>
#include <unistd.h>

#include "session/session.h"
#include "suite/suite.h"
#include "tables/invariants.h"
#include "tables/stacks.h"
#include "tables/tables.h"

static uint32_t find(struct silt_header *header, const uint64_t *pcs, uint32_t depth) {
  struct silt_moment moment = silt_moment(header, 0, true);
  struct silt_trace trace = {pcs, depth, silt_stack_root(SILT_TIER_WHOLE, SILT_END_COMPLETE)};
  return silt_stacks_find(header, &trace, NULL, &moment, true);
}

static void heads_and_caches_lead_into_the_childs_session(void) {
  uint64_t pcs[] = {1, 2, 3};
  struct silt_header *header = silt_tables_session();
  uint32_t first = find(header, pcs, 3);
  uint64_t before = header->regions[SILT_REGION_STACKS].used;
  pid_t child = fork();
  int status;
  if (child == 0) {
    struct silt_header *own = silt_tables_session();
    uint64_t others[] = {4, 5};
    REQUIRE(find(own, others, 2) == first - 1);
    REQUIRE(find(own, pcs, 3) == first + 4);
    REQUIRE(stacks_is_valid(own));
    _exit(0);
  }
  REQUIRE(waitpid(child, &status, 0) == child && status == 0);
  REQUIRE(header->regions[SILT_REGION_STACKS].used == before);
  REQUIRE(find(header, pcs, 3) == first);
}

// A handler forks on top of a recording: its child goes on with scratch memory, at any moment.
static void what_is_found_in_scratch_memory_is_not_found_in_the_session(void) {
  uint64_t pcs[] = {1, 2, 3}, others[] = {7, 8, 2, 3};
  struct silt_header *header = silt_tables_session();
  find(header, others, 4);
  silt_thread.recording = (uintptr_t)__builtin_frame_address(0);
  pid_t child = fork();
  int status;
  if (child == 0) {
    struct silt_header *own = silt_tables_session();
    REQUIRE(own && own != header);
    find(own, others, 4);
    find(header, pcs, 3);  // puts words of the scratch memory among the heads
    uint32_t id = find(own, pcs, 3);
    struct stack_read stack;
    REQUIRE(id && stack_read(own, id, &stack) && stack.depth == 3 && stack.frames[0] == 1);
    REQUIRE(find(own, pcs, 3) == id && stacks_is_valid(own));
    _exit(0);
  }
  silt_thread.recording = 0;
  REQUIRE(waitpid(child, &status, 0) == child && status == 0);
}

SUITE({"children: heads and caches lead into the child's session",
       heads_and_caches_lead_into_the_childs_session},
      {"children: what is found in scratch memory is not found in the session",
       what_is_found_in_scratch_memory_is_not_found_in_the_session})
