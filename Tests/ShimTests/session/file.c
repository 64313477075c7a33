// SPDX-License-Identifier: Apache-2.0
//
// The session's file: names that are taken, and what is done where no file can be had.
#define _GNU_SOURCE
#include "session/file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "session/regions.h"
#include "session/session.h"
#include "suite/suite.h"

static void touch(const char *path) {
  REQUIRE(close(open(path, O_WRONLY | O_CREAT, 0600)) == 0);
}

static void names_that_are_taken_are_passed_over(void) {
  touch(suite_file(".live.silt"));
  touch(suite_file("-2.1.silt"));
  REQUIRE(symlink("/nowhere", suite_file("-3.live.silt")) == 0);
  silt_session();
  REQUIRE(strcmp(silt_file_stem(), suite_file("-4")) == 0 &&
          suite_is_there(suite_file("-4.live.silt")));
}

static void file_size_limit_leaves_it_in_memory_with_a_name(void) {
  const struct rlimit limit = {4096, 4096};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  struct silt_header *header = silt_session();
  REQUIRE(header && header->flags & SILT_FLAG_ANONYMOUS);
  REQUIRE(strcmp(silt_file_stem(), suite_file("")) == 0 &&
          !suite_is_there(suite_file(".live.silt")));
}

static void full_disk_leaves_it_in_memory(void) {
  uint64_t at;
  suite_reservations = 0;
  struct silt_header *header = silt_session();
  REQUIRE(header && header->flags & SILT_FLAG_ANONYMOUS &&
          !suite_is_there(suite_file(".live.silt")));
  REQUIRE(silt_region_claim(header, SILT_REGION_SITES, 1, &at) && at == 1 + SILT_OVERFLOW_SITES);
}

SUITE({"file: names that are taken are passed over", names_that_are_taken_are_passed_over},
      {"file: a file size limit leaves the session in memory, with a name",
       file_size_limit_leaves_it_in_memory_with_a_name},
      {"file: a full disk leaves the session in memory", full_disk_leaves_it_in_memory})
