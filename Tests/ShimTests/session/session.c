// SPDX-License-Identifier: Apache-2.0
//
// One process's session, from its first use to its end.
#define _GNU_SOURCE
#include "session/session.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/alone.h"
#include "session/file.h"
#include "session/invariants.h"
#include "session/regions.h"
#include "suite/suite.h"

static void describes_its_process(void) {
  REQUIRE(!silt_session_current());
  struct silt_header *header = session_alone();
  struct stat status;
  REQUIRE(header && silt_session_current() == header && session_alone() == header);
  REQUIRE(header->magic == SILT_MAGIC && header->version == SILT_VERSION);
  REQUIRE(header->pid == (uint32_t)getpid() && header->kind == SILT_KIND_LIVE);
  REQUIRE(header->pid_start_ticks > 0 && header->pid_namespace > 0);
  REQUIRE(regions_is_valid(header));
  REQUIRE(suite_is_called(silt_file_name(), ""));
  REQUIRE(stat(suite_file(".live.silt"), &status) == 0 && (status.st_mode & 07777) == 01400);
}

static void closes_once(void) {
  struct silt_header *header = session_alone();
  REQUIRE(silt_session_close() == header && !silt_session_close());
  REQUIRE(!session_alone() && !silt_session_current());
  silt_file_unlink();
  REQUIRE(!suite_is_there(suite_file(".live.silt")));
}

static struct silt_header *seen[SUITE_THREADS];

static void begin(unsigned thread) {
  while (!(seen[thread] = session_alone())) {
  }
}

static void threads_begin_one_session_together(void) {
  suite_run_together(begin);
  for (int i = 0; i < SUITE_THREADS; i++) REQUIRE(seen[i] == silt_session_current());
  REQUIRE(!suite_is_there(suite_file("-2.live.silt")));
}

// A file that another user owns may be cut short, which would be a SIGBUS here, and be read.
static void another_users_rights_for_a_moment_make_no_session(void) {
  if (getuid() != 0) return;
  REQUIRE(seteuid(65534) == 0);
  REQUIRE(!session_alone() && !session_alone());
  REQUIRE(seteuid(0) == 0);
  struct silt_header *header = session_alone();
  REQUIRE(header && header->uid == 0 && suite_is_there(suite_file(".live.silt")));
  REQUIRE(header->lost[SILT_LOST_NO_SESSION].count == 2);
}

// Writable memory of this process, in bytes.
static uint64_t data(void) {
  unsigned long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  REQUIRE(file && fscanf(file, "%*s %*s %*s %*s %*s %lu", &pages) == 1);
  fclose(file);
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

// vm.overcommit_memory=2 charges all that is writable.
static void in_memory_only_what_is_used_is_charged(void) {
  const struct rlimit limit = {4096, 4096};
  suite_configure("SILT_CAPACITY", "64M", NULL);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  uint64_t before = data(), at;
  struct silt_header *header = session_alone();
  REQUIRE(header && header->flags & SILT_FLAG_ANONYMOUS);
  for (int i = 0; i < 1000; i++) {
    REQUIRE(silt_region_claim(header, SILT_REGION_SITES, 1, &at));
    *(struct silt_site *)silt_region_at(header, SILT_REGION_SITES, at) = (struct silt_site){0};
  }
  REQUIRE(data() - before < 16 << 20);
}

static void small_limit_is_left_to_the_program(void) {
  const uint64_t room = 24 << 20;
  const struct rlimit limit = {data() + room, RLIM_INFINITY};
  REQUIRE(setrlimit(RLIMIT_DATA, &limit) == 0);
  REQUIRE(!session_alone());
  REQUIRE(data() < limit.rlim_cur - room / 2);
}

SUITE({"session: describes its process", describes_its_process},
      {"session: closes once", closes_once},
      {"session: threads begin one together", threads_begin_one_session_together},
      {"session: another user's rights for a moment make no session",
       another_users_rights_for_a_moment_make_no_session},
      {"session: in memory, only what is used is charged", in_memory_only_what_is_used_is_charged},
      {"session: a small limit is left to the program", small_limit_is_left_to_the_program})
