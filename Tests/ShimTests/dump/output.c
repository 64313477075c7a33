// SPDX-License-Identifier: Apache-2.0
//
// Where a dump goes, and that it takes nobody's place.
#define _GNU_SOURCE
#include "dump/output.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/file.h"
#include "session/session.h"
#include "suite/suite.h"
#include "tables/tables.h"

static uint32_t dump(struct silt_header *header, const char *text) {
  int fd = -1;
  uint32_t sequence = 0;
  REQUIRE(silt_output_begin(header, &fd, &sequence) == 0);
  REQUIRE(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
  REQUIRE(silt_output_end(header, 0) == 0);
  return sequence;
}

static bool is_open(int fd) {
  return fcntl(fd, F_GETFD) != -1;
}

static bool holds(const char *path, const char *text) {
  char bytes[40] = "";
  int fd = open(path, O_RDONLY);
  if (fd >= 0 && read(fd, bytes, sizeof bytes - 1) < 0) bytes[0] = '\0';
  close(fd);
  return strcmp(bytes, text) == 0;
}

static void file_with(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
  REQUIRE(write(fd, text, strlen(text)) == (ssize_t)strlen(text) && close(fd) == 0);
}

// Left by a dead process that had our number, whose first dump is long pruned.
static void dumps_of_a_process_with_the_same_number_stay(void) {
  file_with(suite_file(".2.silt"), "theirs");
  file_with(suite_file(".3.silt.tmp"), "unfinished");
  struct silt_header *header = silt_tables_session();
  REQUIRE(suite_is_called(silt_file_name(), ""));
  REQUIRE(dump(header, "first") == 1 && dump(header, "second") == 4);
  REQUIRE(holds(suite_file(".1.silt"), "first") && holds(suite_file(".4.silt"), "second"));
  REQUIRE(holds(suite_file(".2.silt"), "theirs"));
  REQUIRE(holds(suite_file(".3.silt.tmp"), "unfinished"));
}

static void failed_dump_leaves_nothing(void) {
  struct silt_header *header = silt_tables_session();
  int fd = -1;
  uint32_t sequence = 0;
  REQUIRE(silt_output_begin(header, &fd, &sequence) == 0);
  REQUIRE(suite_is_there(suite_file(".1.silt.tmp")));
  REQUIRE(silt_output_end(header, 28) == 28);
  REQUIRE(!suite_is_there(suite_file(".1.silt.tmp")) && !suite_is_there(suite_file(".1.silt")));
}

static void folder_is_made_again(void) {
  char folder[100];
  snprintf(folder, sizeof folder, "%s/sub", suite_folder);
  suite_configure("SILT_DIR", folder, NULL);
  struct silt_header *header = silt_tables_session();
  silt_file_unlink();
  REQUIRE(rmdir(folder) == 0);
  dump(header, "there");
  REQUIRE(rmdir(folder) != 0);
  char path[200];
  snprintf(path, sizeof path, "%s/%s.1.silt", folder, silt_file_name());
  REQUIRE(holds(path, "there") && unlink(path) == 0 && rmdir(folder) == 0);
}

// The folder is root's: with fewer rights the dumps go to one's own.
static void process_that_gave_up_root_still_dumps(void) {
  if (getuid() != 0) return;
  struct stat status;
  char path[200];
  struct silt_header *header = silt_tables_session();
  REQUIRE(setgroups(0, NULL) == 0 && setresgid(65533, 65533, 65533) == 0);
  REQUIRE(setresuid(65533, 65533, 65533) == 0);
  dump(header, "mine");
  snprintf(path, sizeof path, "/tmp/silt-65533/%s.1.silt", silt_file_name());
  REQUIRE(holds(path, "mine") && stat(path, &status) == 0 && status.st_uid == 65533);
  REQUIRE(unlink(path) == 0);
  rmdir("/tmp/silt-65533");
}

static void nothing_is_open_between_two_turns(void) {
  struct silt_header *header = silt_tables_session();
  int fd = -1;
  uint32_t sequence = 0;
  REQUIRE(silt_output_begin(header, &fd, &sequence) == 0);
  REQUIRE(write(fd, "one", 3) == 3);
  silt_output_pause();
  REQUIRE(!is_open(fd));
  REQUIRE(silt_output_go_on(&fd) == 0 && pwrite(fd, " two", 4, 3) == 4);
  REQUIRE(silt_output_end(header, 0) == 0 && holds(suite_file(".1.silt"), "one two"));
  REQUIRE(!is_open(fd) && !suite_is_there(suite_file(".1.silt.tmp")));
}

static void another_users_rights_for_a_moment_make_no_dump(void) {
  if (getuid() != 0) return;
  struct silt_header *header = silt_tables_session();
  int fd = -1;
  uint32_t sequence = 0;
  REQUIRE(seteuid(65533) == 0);
  REQUIRE(silt_output_begin(header, &fd, &sequence) != 0);
  REQUIRE(seteuid(0) == 0);
  REQUIRE(dump(header, "root's") == 1);
}

// Who has closed every descriptor may have given ours to a file of his own.
static void what_the_program_opened_there_is_not_closed(void) {
  struct silt_header *header = silt_tables_session();
  int fd = -1;
  uint32_t sequence = 0;
  REQUIRE(silt_output_begin(header, &fd, &sequence) == 0 && fd >= 512);
  int theirs = open("/dev/null", O_WRONLY);
  REQUIRE(dup2(theirs, fd) == fd);
  silt_output_pause();
  REQUIRE(is_open(fd));
}

static void what_the_program_closed_leaves_nothing(void) {
  struct silt_header *header = silt_tables_session();
  int fd = -1;
  uint32_t sequence = 0;
  REQUIRE(silt_output_begin(header, &fd, &sequence) == 0);
  REQUIRE(close_range(fd < 512 ? 3 : 512, ~0u, 0) == 0);
  REQUIRE(suite_is_there(suite_file(".1.silt.tmp")));
  REQUIRE(silt_output_end(header, EBADF) != 0);
  REQUIRE(!suite_is_there(suite_file(".1.silt.tmp")) && !suite_is_there(suite_file(".1.silt")));
}

static void file_of_another_user_is_no_dump(void) {
  if (getuid() != 0) return;
  struct silt_header *header = silt_tables_session();
  int fd = -1;
  uint32_t sequence = 0;
  REQUIRE(chmod(suite_folder, 0777) == 0);
  setfsuid(65533);
  int error = silt_output_begin(header, &fd, &sequence);
  setfsuid(0);
  REQUIRE(error && !suite_is_there(suite_file(".1.silt.tmp")));
  REQUIRE(dump(header, "root's") > 1);
}

SUITE({"output: dumps of a process with the same number stay",
       dumps_of_a_process_with_the_same_number_stay},
      {"output: a failed dump leaves nothing", failed_dump_leaves_nothing},
      {"output: the folder is made again", folder_is_made_again},
      {"output: a process that gave up root still dumps", process_that_gave_up_root_still_dumps},
      {"output: nothing is open between two turns", nothing_is_open_between_two_turns},
      {"output: what the program opened there is not closed",
       what_the_program_opened_there_is_not_closed},
      {"output: what the program closed leaves nothing", what_the_program_closed_leaves_nothing},
      {"output: a file of another user is no dump", file_of_another_user_is_no_dump},
      {"output: another user's rights for a moment make no dump",
       another_users_rights_for_a_moment_make_no_dump})
