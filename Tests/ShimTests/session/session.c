// SPDX-License-Identifier: Apache-2.0
//
// One process's session, from its first use to its end.
#include "session/session.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/file.h"
#include "session/invariants.h"
#include "suite/suite.h"

static void describes_its_process(void) {
  REQUIRE(!silt_session_current());
  struct silt_header *header = silt_session();
  struct stat status;
  REQUIRE(header && silt_session_current() == header && silt_session() == header);
  REQUIRE(header->magic == SILT_MAGIC && header->version == SILT_VERSION);
  REQUIRE(header->pid == (uint32_t)getpid() && header->kind == SILT_KIND_LIVE);
  REQUIRE(header->pid_start_ticks > 0 && header->pid_namespace > 0);
  REQUIRE(regions_is_valid(header));
  REQUIRE(strcmp(silt_file_stem(), suite_file("")) == 0);
  REQUIRE(stat(suite_file(".live.silt"), &status) == 0 && (status.st_mode & 0777) == 0400);
}

static void closes_once(void) {
  struct silt_header *header = silt_session();
  REQUIRE(silt_session_close() == header && !silt_session_close());
  REQUIRE(!silt_session() && !silt_session_current());
  silt_file_unlink();
  REQUIRE(!suite_is_there(suite_file(".live.silt")));
}

static struct silt_header *seen[SUITE_THREADS];

static void begin(unsigned thread) {
  while (!(seen[thread] = silt_session())) {
  }
}

static void threads_begin_one_session_together(void) {
  suite_run_together(begin);
  for (int i = 0; i < SUITE_THREADS; i++) REQUIRE(seen[i] == silt_session_current());
  REQUIRE(!suite_is_there(suite_file("-2.live.silt")));
}

SUITE({"session: describes its process", describes_its_process},
      {"session: closes once", closes_once},
      {"session: threads begin one together", threads_begin_one_session_together})
