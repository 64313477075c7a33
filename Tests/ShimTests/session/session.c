// SPDX-License-Identifier: Apache-2.0
//
// One process's session: its name, its layout, its end, and a child's own.
#define _GNU_SOURCE
#include "session/session.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session/invariants.h"
#include "session/stacks.h"
#include "suite/suite.h"

static char expected[200];

static const char *named(const char *ending) {
  char comm[16] = "";
  int fd = open("/proc/self/comm", O_RDONLY);
  ssize_t got = read(fd, comm, sizeof comm - 1);
  close(fd);
  while (got > 0 && comm[got - 1] == '\n') comm[--got] = '\0';
  snprintf(expected, sizeof expected, "%s/%s.%d%s", suite_folder, comm, getpid(), ending);
  return expected;
}

static bool is_there(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0;
}

static void touch(const char *path) {
  REQUIRE(close(open(path, O_WRONLY | O_CREAT, 0600)) == 0);
}

static void describes_its_process(void) {
  REQUIRE(!silt_session_current());
  struct silt_header *header = silt_session();
  struct stat status;
  REQUIRE(header && silt_session_current() == header && silt_session() == header);
  REQUIRE(header->magic == SILT_MAGIC && header->version == SILT_VERSION);
  REQUIRE(header->pid == (uint32_t)getpid() && header->kind == SILT_KIND_LIVE);
  REQUIRE(header->pid_start_ticks > 0 && header->pid_namespace > 0);
  REQUIRE(regions_is_valid(header));
  REQUIRE(strcmp(silt_session_stem(), named("")) == 0);
  REQUIRE(stat(named(".live.silt"), &status) == 0 && (status.st_mode & 0777) == 0400);
}

static void names_that_are_taken_are_passed_over(void) {
  touch(named(".live.silt"));
  touch(named("-2.1.silt"));
  REQUIRE(symlink("/nowhere", named("-3.live.silt")) == 0);
  silt_session();
  REQUIRE(strcmp(silt_session_stem(), named("-4")) == 0 && is_there(named("-4.live.silt")));
}

static void every_capacity_is_laid_out_within_its_means(void) {
  const char *const capacities[] = {"1M", "1048577", "3M", "64M", "1G", "64G"};
  for (int i = 0; i < 6; i++) {
    pid_t child = fork();
    int status;
    if (child == 0) {
      suite_configure("SILT_CAPACITY", capacities[i], NULL);
      struct silt_header *header = silt_session();
      REQUIRE(header && regions_is_valid(header));
      for (int kind = 0; kind < SILT_REGION_COUNT; kind++) {
        const struct silt_region *region = &header->regions[kind];
        REQUIRE(!region->element_size || region->capacity > 0);
        REQUIRE(region->capacity <= UINT32_MAX);
      }
      _exit(0);
    }
    REQUIRE(waitpid(child, &status, 0) == child && status == 0);
  }
}

static void file_size_limit_leaves_it_in_memory_with_a_name(void) {
  const struct rlimit limit = {4096, 4096};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  struct silt_header *header = silt_session();
  REQUIRE(header && header->flags & SILT_FLAG_ANONYMOUS);
  REQUIRE(strcmp(silt_session_stem(), named("")) == 0 && !is_there(named(".live.silt")));
}

static void full_disk_leaves_it_in_memory(void) {
  uint64_t at;
  suite_reservations = 0;
  struct silt_header *header = silt_session();
  REQUIRE(header && header->flags & SILT_FLAG_ANONYMOUS && !is_there(named(".live.silt")));
  REQUIRE(silt_region_claim(header, SILT_REGION_SITES, 1, &at) && at == 1);
}

static void child_has_a_session_of_its_own(void) {
  uint64_t pcs[] = {1, 2, 3};
  struct silt_header *header = silt_session();
  REQUIRE(silt_stacks_intern(header, pcs, 3, 0) == 1);
  uint64_t before = header->regions[SILT_REGION_STACKS].used;
  pid_t child = fork();
  int status;
  if (child == 0) {
    REQUIRE(!silt_session_current());
    struct silt_header *own = silt_session();
    REQUIRE(own && own->pid == (uint32_t)getpid() && own->flags & SILT_FLAG_FORKED);
    REQUIRE(strcmp(silt_session_stem(), named("")) == 0);
    // The chains lead into the new session: nothing of the parent's is found there.
    uint64_t others[] = {4, 5};
    REQUIRE(silt_stacks_intern(own, others, 2, 0) == 1);
    REQUIRE(silt_stacks_intern(own, pcs, 3, 0) == 5);
    _exit(0);
  }
  REQUIRE(waitpid(child, &status, 0) == child && status == 0);
  REQUIRE(silt_session_current() == header && header->regions[SILT_REGION_STACKS].used == before);
  REQUIRE(silt_stacks_intern(header, pcs, 3, 0) == 1);
}

static int look(void *found) {
  *(struct silt_header **)found = silt_session_current();
  _exit(0);
}

// clone, since the thread sanitizer makes every vfork a fork.
static void child_in_the_same_memory_is_still_its_parent(void) {
  static _Alignas(16) char stack[1 << 16];
  struct silt_header *header = silt_session(), *found = NULL;
  pid_t child = clone(look, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &found);
  REQUIRE(child > 0 && waitpid(child, NULL, 0) == child);
  REQUIRE(found == header && silt_session_generation() == 0);
}

static void fork_before_any_allocation_leaves_the_thread_unseeded(void) {
  silt_session();
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

static void closes_once(void) {
  struct silt_header *header = silt_session();
  REQUIRE(silt_session_close() == header && !silt_session_close());
  REQUIRE(!silt_session() && !silt_session_current());
  silt_session_unlink();
  REQUIRE(!is_there(named(".live.silt")));
}

static struct silt_header *seen[SUITE_THREADS];

static void begin(unsigned thread) {
  while (!(seen[thread] = silt_session())) {
  }
}

static void threads_begin_one_session_together(void) {
  suite_run_together(begin);
  for (int i = 0; i < SUITE_THREADS; i++) REQUIRE(seen[i] == silt_session_current());
  REQUIRE(!is_there(named("-2.live.silt")));
}

SUITE({"session: describes its process", describes_its_process},
      {"session: names that are taken are passed over", names_that_are_taken_are_passed_over},
      {"session: every capacity is laid out within its means",
       every_capacity_is_laid_out_within_its_means},
      {"session: a file size limit leaves it in memory, with a name",
       file_size_limit_leaves_it_in_memory_with_a_name},
      {"session: a full disk leaves it in memory", full_disk_leaves_it_in_memory},
      {"session: a child has one of its own", child_has_a_session_of_its_own},
      {"session: a child in the same memory is still its parent",
       child_in_the_same_memory_is_still_its_parent},
      {"session: a fork before any allocation leaves the thread unseeded",
       fork_before_any_allocation_leaves_the_thread_unseeded},
      {"session: closes once", closes_once},
      {"session: threads begin one together", threads_begin_one_session_together})
