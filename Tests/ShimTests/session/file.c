// SPDX-License-Identifier: Apache-2.0
//
// The session's file: names that are taken, and what is done where no file can be had.
#define _GNU_SOURCE
#include "session/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/config.h"
#include "session/alone.h"
#include "session/folder.h"
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
  session_alone();
  REQUIRE(suite_is_called(silt_file_name(), "-4") && suite_is_there(suite_file("-4.live.silt")));
}

static unsigned made;  // how often the test's folder was
int __real_silt_os_mkdir(const char *path, unsigned mode);
int __wrap_silt_os_mkdir(const char *path, unsigned mode);
int __wrap_silt_os_mkdir(const char *path, unsigned mode) {
  made += strcmp(path, suite_folder) == 0;
  return __real_silt_os_mkdir(path, mode);
}

// A mkdir waits on a frozen disk, also for what is there.
static void folder_that_is_there_is_not_made(void) {
  REQUIRE(session_alone() && made == 0);
  REQUIRE(suite_is_there(suite_file(".live.silt")));
}

static void file_size_limit_leaves_it_in_memory_with_a_name(void) {
  const struct rlimit limit = {4096, 4096};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  struct silt_header *header = session_alone();
  REQUIRE(header && header->flags & SILT_FLAG_ANONYMOUS);
  REQUIRE(suite_is_called(silt_file_name(), "") && !suite_is_there(suite_file(".live.silt")));
}

static void full_disk_leaves_it_in_memory(void) {
  uint64_t at;
  suite_reservations = 0;
  struct silt_header *header = session_alone();
  REQUIRE(header && header->flags & SILT_FLAG_ANONYMOUS &&
          !suite_is_there(suite_file(".live.silt")));
  REQUIRE(silt_region_claim(header, SILT_REGION_SITES, 1, &at) && at == 1 + SILT_OVERFLOW_SITES);
}

static bool is_mapped_from(const char *folder) {
  char line[600];
  bool found = false;
  FILE *maps = fopen("/proc/self/maps", "r");
  REQUIRE(maps);
  while (fgets(line, sizeof line, maps))
    found |= strstr(line, folder) && strstr(line, silt_file_name()) && strstr(line, ".live.silt");
  fclose(maps);
  return found;
}

// A disk would make the program wait.
static void without_a_folder_it_lies_on_tmpfs(void) {
  char folder[64];
  snprintf(folder, sizeof folder, "/dev/shm/silt-%u/", geteuid());
  unsetenv("SILT_DIR");
  silt_config_read();
  struct silt_header *header = session_alone();
  REQUIRE(header && !(header->flags & SILT_FLAG_ANONYMOUS) && is_mapped_from(folder));
  silt_file_unlink();
}

// /proc stands for all that is not on the list of file systems.
static void folder_that_was_never_tested_is_not_mapped(void) {
  suite_configure("SILT_DIR", "/proc/sys", NULL);
  struct silt_header *header = session_alone();
  REQUIRE(header && !(header->flags & SILT_FLAG_ANONYMOUS) && is_mapped_from("/dev/shm/silt-"));
  silt_file_unlink();
}

static void folder_that_may_not_be_written_is_not_used(void) {
  char folder[] = "/dev/shm/roots-XXXXXX";
  int status;
  if (getuid() != 0) return;
  REQUIRE(mkdtemp(folder) && chmod(folder, 0755) == 0);
  pid_t child = fork();
  if (child == 0) {
    REQUIRE(setresuid(65534, 65534, 65534) == 0);
    suite_configure("SILT_DIR", folder, NULL);
    struct silt_header *header = session_alone();
    REQUIRE(header && !(header->flags & SILT_FLAG_ANONYMOUS) && is_mapped_from("/dev/shm/silt-"));
    silt_file_unlink();
    _exit(0);
  }
  REQUIRE(waitpid(child, &status, 0) == child && rmdir(folder) == 0 && status == 0);
}

// As by setfsuid: what is made then belongs to that user, for good.
static void folder_made_for_another_user_is_not_left(void) {
  char root[] = "/dev/shm/roots-XXXXXX", path[64];
  int fd = -1;
  if (getuid() != 0) return;
  REQUIRE(mkdtemp(root) && chmod(root, 0777) == 0);
  snprintf(path, sizeof path, "%s/silt-0", root);
  setfsuid(65533);
  int error = silt_folder_open_own(root, &fd);
  setfsuid(0);
  REQUIRE(error == EPERM && access(path, F_OK) == -1);
  REQUIRE(silt_folder_open_own(root, &fd) == 0 && close(fd) == 0);
  REQUIRE(rmdir(path) == 0 && rmdir(root) == 0);
}

static void folder_that_is_a_link_is_not_used(void) {
  char link[100];
  snprintf(link, sizeof link, "%s/link", suite_folder);
  REQUIRE(symlink("/dev/shm", link) == 0);
  suite_configure("SILT_DIR", link, NULL);
  REQUIRE(session_alone() && is_mapped_from("/dev/shm/silt-"));
  silt_file_unlink();
}

SUITE({"file: names that are taken are passed over", names_that_are_taken_are_passed_over},
      {"file: a file size limit leaves the session in memory, with a name",
       file_size_limit_leaves_it_in_memory_with_a_name},
      {"file: a folder that is there is not made", folder_that_is_there_is_not_made},
      {"file: a full disk leaves the session in memory", full_disk_leaves_it_in_memory},
      {"file: without a folder it lies on tmpfs", without_a_folder_it_lies_on_tmpfs},
      {"file: a folder that was never tested is not mapped",
       folder_that_was_never_tested_is_not_mapped},
      {"file: a folder that may not be written is not used",
       folder_that_may_not_be_written_is_not_used},
      {"file: a folder made for another user is not left",
       folder_made_for_another_user_is_not_left},
      {"file: a folder that is a link is not used", folder_that_is_a_link_is_not_used})
