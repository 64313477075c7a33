// SPDX-License-Identifier: Apache-2.0
//
// What a clean-up removes from a folder, and above all what it leaves.
#define _GNU_SOURCE
#include "dump/prune.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite/suite.h"

static struct silt_header self = {.magic = SILT_MAGIC, .pid_namespace = 4026531836, .boot_id = {7}};
static long age = 1000;  // each file made is a nanosecond younger than the one before

static const char *path_of(const char *name) {
  static char path[200];
  snprintf(path, sizeof path, "%s/%s", suite_folder, name);
  return path;
}

static void make(const char *name, const struct silt_header *header) {
  struct timespec times[2] = {{1, age}, {1, age}};
  int fd = open(path_of(name), O_WRONLY | O_CREAT | O_EXCL, 0600);
  REQUIRE(fd >= 0);
  if (header) REQUIRE(write(fd, header, sizeof *header) == sizeof *header);
  REQUIRE(futimens(fd, times) == 0 && close(fd) == 0);
  age++;
}

static bool is_there(const char *name) {
  return suite_is_there(path_of(name));
}

static void prune(uint32_t keep) {
  silt_prune(path_of("redis.77"), &self, keep);
}

static void oldest_go_first(void) {
  const char *const names[] = {"redis.9.2.silt", "redis.10.1.silt", "redis.10-2.1.silt",
                               "redis.10.2.silt.tmp", "redis.77.1.silt"};
  for (int i = 0; i < 5; i++) make(names[i], NULL);
  prune(5);
  for (int i = 0; i < 5; i++) REQUIRE(is_there(names[i]));
  prune(4);
  REQUIRE(!is_there(names[0]) && is_there(names[1]));
  prune(1);
  for (int i = 0; i < 4; i++) REQUIRE(!is_there(names[i]));
  REQUIRE(is_there(names[4]));
}

static void names_of_others_stay(void) {
  const char *const names[] = {
      "redis.silt",        "redis.9.silt",          "redis.9.2.silt.bak", "redis.9.x.silt",
      "redis.x.1.silt",    "redis..1.silt",         "redis.9..silt",      "redis.9-.1.silt",
      "redis2.9.1.silt",   "redi.9.1.silt",         "redis.12.9.1.silt",  "xredis.9.1.silt",
      "redis.9.live.silt", "redis.9.live.silt.tmp", "redis.9.livex.silt", "notes.txt"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) make(names[i], NULL);
  prune(0);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) REQUIRE(is_there(names[i]));
}

// A number that no process has: beyond the kernel's largest.
#define NOBODY 5000000u

static void live_files_stay_unless_their_process_is_known_to_be_gone(void) {
  struct silt_header header = self;
  header.pid = (uint32_t)getpid();
  make("redis.1.live.silt", &header);
  header.pid = NOBODY;
  make("redis.2.live.silt", &header);
  header.pid_namespace++;
  make("redis.3.live.silt", &header);
  header = self;
  header.pid = NOBODY;
  header.boot_id[0]++;
  make("redis.4.live.silt", &header);
  header = self;
  header.pid = NOBODY;
  header.magic = 0;
  make("redis.5.live.silt", &header);
  REQUIRE(symlink("redis.2.live.silt", path_of("redis.6.live.silt")) == 0);
  REQUIRE(mkfifo(path_of("redis.7.live.silt"), 0600) == 0);
  prune(0);
  REQUIRE(!is_there("redis.2.live.silt"));
  REQUIRE(is_there("redis.1.live.silt") && is_there("redis.3.live.silt"));
  REQUIRE(is_there("redis.4.live.silt") && is_there("redis.5.live.silt"));
  REQUIRE(is_there("redis.6.live.silt") && is_there("redis.7.live.silt"));
}

static void unknown_namespace_keeps_every_live_file(void) {
  struct silt_header header = self;
  header.pid = NOBODY;
  self.pid_namespace = header.pid_namespace = 0;
  make("redis.2.live.silt", &header);
  prune(0);
  REQUIRE(is_there("redis.2.live.silt"));
}

static void one_pass_removes_a_few(void) {
  char name[40];
  uint32_t left = 0;
  for (int i = 0; i < 30; i++) {
    snprintf(name, sizeof name, "redis.77.%d.silt", i + 1);
    make(name, NULL);
  }
  prune(2);
  for (int i = 0; i < 30; i++) {
    snprintf(name, sizeof name, "redis.77.%d.silt", i + 1);
    left += is_there(name);
    REQUIRE(is_there(name) == (i >= 8));
  }
  REQUIRE(left == 22);
}

static void stem_without_a_program_removes_nothing(void) {
  make("redis.9.1.silt", NULL);
  silt_prune("", &self, 0);
  silt_prune(path_of("redis"), &self, 0);
  REQUIRE(is_there("redis.9.1.silt"));
}

SUITE({"prune: the oldest go first", oldest_go_first},
      {"prune: the names of others stay", names_of_others_stay},
      {"prune: live files stay unless their process is known to be gone",
       live_files_stay_unless_their_process_is_known_to_be_gone},
      {"prune: an unknown namespace keeps every live file",
       unknown_namespace_keeps_every_live_file},
      {"prune: one pass removes a few", one_pass_removes_a_few},
      {"prune: a stem without a program removes nothing", stem_without_a_program_removes_nothing})
