// SPDX-License-Identifier: Apache-2.0
//
// What a clean-up removes from a folder, and above all what it leaves.
#define _GNU_SOURCE
#include "session/prune.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session/alone.h"
#include "session/session.h"
#include "suite/suite.h"

static struct silt_header self = {
    .magic = SILT_MAGIC, .comm = "redis", .pid_namespace = 4026531836, .boot_id = {7}};
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

static void prune_sparing(const char *keep, const char *spared) {
  suite_configure("SILT_KEEP", keep, NULL);
  int folder = open(suite_folder, O_PATH | O_DIRECTORY);
  silt_prune(folder, &self, SILT_PRUNE_AS_IT_IS, spared);
  close(folder);
}

static void prune(const char *keep) {
  prune_sparing(keep, NULL);
}

static void oldest_go_first(void) {
  const char *const names[] = {"redis.9.2.silt", "redis.10.1.silt", "redis.10-2.1.silt",
                               "redis.10.2.silt.tmp", "redis.77.1.silt"};
  for (int i = 0; i < 5; i++) make(names[i], NULL);
  prune("5");
  for (int i = 0; i < 5; i++) REQUIRE(is_there(names[i]));
  prune("4");
  REQUIRE(!is_there(names[0]) && is_there(names[1]));
  prune("1");
  for (int i = 0; i < 4; i++) REQUIRE(!is_there(names[i]));
  REQUIRE(is_there(names[4]));
}

static void names_of_others_stay(void) {
  const char *const names[] = {
      "redis.silt",        "redis.9.silt",          "redis.9.2.silt.bak", "redis.9.x.silt",
      "redis.x.1.silt",    "redis..1.silt",         "redis.9..silt",      "redis.9-.1.silt",
      "redis2.9.1.silt",   "redi.9.1.silt",         "redis.12.9.1.silt",  "xredis.9.1.silt",
      "redis.9.silt.live", "redis.9.live.silt.tmp", "redis.9.livex.silt", "notes.txt"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) make(names[i], NULL);
  prune("0");
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) REQUIRE(is_there(names[i]));
}

// A number that no process has: beyond the kernel's largest.
#define NOBODY 5000000u

static void live_files_of_this_namespace_stay_while_their_process_runs(void) {
  struct silt_header header = self;
  header.pid = (uint32_t)getpid();
  make("redis.1.live.silt", &header);
  header.pid_start_ticks = 1;  // of an earlier process with the same number
  make("redis.2.live.silt", &header);
  header.pid = NOBODY;
  make("redis.3.live.silt", &header);
  REQUIRE(symlink("redis.3.live.silt", path_of("redis.6.live.silt")) == 0);
  REQUIRE(mkfifo(path_of("redis.7.live.silt"), 0600) == 0);
  prune("0");
  REQUIRE(is_there("redis.1.live.silt") && !is_there("redis.2.live.silt"));
  REQUIRE(!is_there("redis.3.live.silt"));
  REQUIRE(is_there("redis.6.live.silt") && is_there("redis.7.live.silt"));
}

// Their processes cannot be asked for from here: a container's, or one that is just beginning.
// As where /proc is that of another namespace: the number says that its process is gone.
static void live_files_that_are_mapped_stay(void) {
  struct silt_header header = self;
  header.pid = 4194305;  // above every pid
  make("redis.1.live.silt", &header);
  make("redis.2.live.silt", &header);
  int fd = open(path_of("redis.2.live.silt"), O_RDWR);
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  REQUIRE(page != MAP_FAILED && close(fd) == 0);
  prune("0");
  REQUIRE(!is_there("redis.1.live.silt") && is_there("redis.2.live.silt"));
}

static void live_files_of_elsewhere_stay_while_they_are_mapped(void) {
  const char *const names[] = {"redis.1.live.silt", "redis.2.live.silt", "redis.3.live.silt"};
  struct silt_header headers[3] = {self, self, self};
  void *pages[3];
  headers[0].pid_namespace++;
  headers[1].boot_id[0]++;
  headers[2].magic = 0;
  for (int i = 0; i < 3; i++) {
    headers[i].pid = NOBODY;
    make(names[i], &headers[i]);
    int fd = open(path_of(names[i]), O_RDWR);
    pages[i] = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    REQUIRE(pages[i] != MAP_FAILED && close(fd) == 0);
  }
  prune("0");
  for (int i = 0; i < 3; i++) REQUIRE(is_there(names[i]) && munmap(pages[i], 4096) == 0);
  prune("0");
  for (int i = 0; i < 3; i++) REQUIRE(!is_there(names[i]));
}

static void killed_processes_leave_as_many_sessions_as_are_kept(void) {
  suite_configure("SILT_KEEP", "5", NULL);
  for (int i = 0; i < 40; i++) {
    pid_t child = fork();
    int status;
    if (child == 0) {
      if (!session_alone()) _exit(0);
      raise(SIGKILL);
    }
    REQUIRE(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
  }
  int left = 0;
  DIR *folder = opendir(suite_folder);
  for (struct dirent *entry; (entry = readdir(folder));)
    left += strstr(entry->d_name, ".live.silt") != NULL;
  closedir(folder);
  REQUIRE(left == 5);
}

// Another process of the same program may just be writing it.
static void unfinished_dumps_stay_until_nobody_can_be_writing_them(void) {
  make("redis.1.1.silt.tmp", NULL);
  int fd = open(path_of("redis.2.1.silt.tmp"), O_WRONLY | O_CREAT, 0600);
  make("redis.3.1.silt.tmp", NULL);
  close(open(path_of("redis.4.1.silt.tmp"), O_WRONLY | O_CREAT, 0600));  // between two writes
  int slow = open(path_of("redis.3.1.silt.tmp"), O_WRONLY);
  prune("0");
  REQUIRE(!is_there("redis.1.1.silt.tmp") && is_there("redis.2.1.silt.tmp"));
  REQUIRE(is_there("redis.3.1.silt.tmp") && is_there("redis.4.1.silt.tmp"));
  REQUIRE(close(fd) == 0 && close(slow) == 0);
}

// Between two turns of a dump nobody has it open.
static void unfinished_dumps_stay_while_their_process_runs(void) {
  struct silt_header header = self;
  header.kind = SILT_KIND_DUMP;
  header.pid = (uint32_t)getppid();
  make("redis.1.1.silt.tmp", &header);
  header.pid = NOBODY;
  make("redis.2.1.silt.tmp", &header);
  prune("0");
  REQUIRE(is_there("redis.1.1.silt.tmp") && !is_there("redis.2.1.silt.tmp"));
  // However young.
  const struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
  make("redis.3.1.silt.tmp", &header);
  header.pid = (uint32_t)getppid();
  make("redis.4.1.silt.tmp", &header);
  REQUIRE(utimensat(AT_FDCWD, path_of("redis.3.1.silt.tmp"), now, 0) == 0);
  REQUIRE(utimensat(AT_FDCWD, path_of("redis.4.1.silt.tmp"), now, 0) == 0);
  prune("0");
  REQUIRE(!is_there("redis.3.1.silt.tmp") && is_there("redis.4.1.silt.tmp"));
  self.pid = (uint32_t)getppid();  // it has given its dump up, or would not prune
  prune("0");
  REQUIRE(!is_there("redis.1.1.silt.tmp"));
}

static void live_files_of_replaced_programs_go(void) {
  struct silt_header header = self;
  header.state = SILT_STATE_EXECED;
  header.pid = (uint32_t)getpid();
  make("redis.1.live.silt", &header);
  make("redis.2.live.silt", &header);  // its exec may still fail
  int fd = open(path_of("redis.2.live.silt"), O_RDWR);
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  REQUIRE(page != MAP_FAILED && close(fd) == 0);
  prune("0");
  REQUIRE(!is_there("redis.1.live.silt") && is_there("redis.2.live.silt"));
}

static void one_pass_removes_a_few(void) {
  char name[40];
  uint32_t left = 0;
  for (int i = 0; i < 50; i++) {
    snprintf(name, sizeof name, "redis.77.%d.silt", i + 1);
    make(name, NULL);
  }
  prune("2");
  for (int i = 0; i < 50; i++) {
    snprintf(name, sizeof name, "redis.77.%d.silt", i + 1);
    left += is_there(name);
    REQUIRE(is_there(name) == (i >= 32));
  }
  REQUIRE(left == 18);
}

static void bytes_of_all_programs_are_limited(void) {
  const char *const names[] = {"redis.9.1.silt", "a.b.9.2.silt", "nginx.10.1.silt",
                               "redis.11.1.silt"};
  struct silt_header large[2] = {self, self};  // one page of the disk
  for (int i = 0; i < 4; i++) make(names[i], large);
  suite_configure("SILT_KEEP_BYTES", "8k", NULL);
  int folder = open(suite_folder, O_PATH | O_DIRECTORY);
  silt_prune(folder, &self, SILT_PRUNE_AS_IT_IS, NULL);
  REQUIRE(!is_there(names[0]) && !is_there(names[1]) && is_there(names[2]) && is_there(names[3]));
  // The last one stays, however large.
  suite_configure("SILT_KEEP_BYTES", "1", NULL);
  silt_prune(folder, &self, SILT_PRUNE_AS_IT_IS, NULL);
  REQUIRE(!is_there(names[2]) && is_there(names[3]));
}

// Of whatever programs: nobody waits while all files are looked at.
// However many small files there are: a crash loop leaves a large session each time.
static void large_files_among_many_small_ones_are_limited(void) {
  static char content[1 << 20];
  char name[40];
  suite_configure("SILT_KEEP", "1000", "SILT_KEEP_BYTES", "3M", NULL);
  int folder = open(suite_folder, O_PATH | O_DIRECTORY);
  long old = age;
  age = 1 << 29;
  for (int i = 0; i < 60; i++) {
    snprintf(name, sizeof name, "other.%d.1.silt", i + 1000);
    make(name, NULL);
  }
  age = old;
  for (int round = 0; round < 6; round++) {
    for (int i = 0; i < 3; i++) {
      snprintf(name, sizeof name, "redis.%d.1.silt", 10 * round + i + 1);
      make(name, NULL);
      int fd = open(path_of(name), O_WRONLY);
      REQUIRE(write(fd, content, sizeof content) == sizeof content);
      struct timespec times[2] = {{1, age}, {1, age}};
      REQUIRE(futimens(fd, times) == 0 && close(fd) == 0);
    }
    silt_prune(folder, &self, SILT_PRUNE_FOR_ONE_MORE, NULL);
    int left = 0;
    for (int i = 1; i <= 60; i++) {
      snprintf(name, sizeof name, "redis.%d.1.silt", i);
      left += is_there(name);
    }
    REQUIRE(left <= 3);
  }
  close(folder);
}

static void folder_of_thousands_gets_smaller(void) {
  char name[40];
  unsigned left = 0;
  for (int i = 0; i < 2200; i++) {
    snprintf(name, sizeof name, "nginx%d.7.1.silt", i);
    make(name, NULL);
  }
  prune("50");
  for (int i = 0; i < 2200; i++) {
    snprintf(name, sizeof name, "nginx%d.7.1.silt", i);
    left += is_there(name);
  }
  REQUIRE(left == 2200 - 32);
}

static void room_is_made_for_one_more(void) {
  make("redis.9.1.silt", NULL);
  make("redis.10.1.silt", NULL);
  suite_configure("SILT_KEEP", "2", NULL);
  int folder = open(suite_folder, O_PATH | O_DIRECTORY);
  silt_prune(folder, &self, SILT_PRUNE_FOR_ONE_MORE, NULL);
  REQUIRE(!is_there("redis.9.1.silt") && is_there("redis.10.1.silt"));
}

static void the_spared_file_stays(void) {
  make("redis.9.1.silt", NULL);
  make("redis.9.2.silt", NULL);
  prune_sparing("1", "redis.9.1.silt");
  REQUIRE(is_there("redis.9.1.silt") && !is_there("redis.9.2.silt"));
}

// Which process looks, chance decides: one in seven here. That 150 of them do not has a probability
// of 1e-10.
static void each_dump_of_many_leaves_about_as_many_as_are_kept(void) {
  char name[40];
  int left = 0;
  for (int i = 1; i <= 400; i++) {
    snprintf(name, sizeof name, "redis.%d.1.silt", i);
    make(name, NULL);
    prune_sparing("100", name);
    REQUIRE(is_there(name));
  }
  for (int i = 1; i <= 400; i++) {
    snprintf(name, sizeof name, "redis.%d.1.silt", i);
    left += is_there(name);
  }
  REQUIRE(left >= 100 && left < 250);
}

// Programs with many small dumps, and one that writes larger ones. Which dump has all of them
// looked at, chance decides, by its size.
static void bytes_of_many_programs_stay_near_their_limit(void) {
  enum { SMALL = 600, LARGE = 300, BYTES = 64 << 10, LIMIT = 4 << 20 };
  static char content[BYTES];
  char name[40];
  uint64_t most = 0;
  suite_configure("SILT_KEEP", "1000", "SILT_KEEP_BYTES", "4M", NULL);
  int folder = open(suite_folder, O_PATH | O_DIRECTORY);
  for (int i = 0; i < SMALL; i++) {
    snprintf(name, sizeof name, "other%d.1.1.silt", i);
    make(name, &self);
  }
  for (int i = 1; i <= LARGE; i++) {
    snprintf(name, sizeof name, "redis.%d.1.silt", i);
    make(name, NULL);
    int fd = open(path_of(name), O_WRONLY);
    const struct timespec times[2] = {{1, age}, {1, age}};
    REQUIRE(write(fd, content, sizeof content) == sizeof content);
    REQUIRE(futimens(fd, times) == 0 && close(fd) == 0);
    silt_prune(folder, &self, SILT_PRUNE_AS_IT_IS, name);
    uint64_t bytes = 0;
    for (int j = 1; j <= i; j++) {
      snprintf(name, sizeof name, "redis.%d.1.silt", j);
      bytes += is_there(name) ? BYTES : 0;
    }
    if (bytes > most) most = bytes;
  }
  REQUIRE(most >= LIMIT / 2 && most < 2 * LIMIT);
  close(folder);
}

static void files_of_other_users_are_passed_over(void) {
  if (getuid() != 0) return;
  make("redis.9.1.silt", NULL);
  make("redis.9.2.silt", NULL);
  make("redis.9.3.silt", NULL);
  REQUIRE(chown(path_of("redis.9.1.silt"), 65534, 65534) == 0);
  prune("1");
  REQUIRE(is_there("redis.9.1.silt") && !is_there("redis.9.2.silt") && is_there("redis.9.3.silt"));
}

static void no_folder_is_no_trouble(void) {
  silt_prune(-1, &self, SILT_PRUNE_AS_IT_IS, NULL);
}

SUITE({"prune: the oldest go first", oldest_go_first},
      {"prune: the names of others stay", names_of_others_stay},
      {"prune: live files of this namespace stay while their process runs",
       live_files_of_this_namespace_stay_while_their_process_runs},
      {"prune: live files that are mapped stay", live_files_that_are_mapped_stay},
      {"prune: live files of elsewhere stay while they are mapped",
       live_files_of_elsewhere_stay_while_they_are_mapped},
      {"prune: killed processes leave as many sessions as are kept",
       killed_processes_leave_as_many_sessions_as_are_kept},
      {"prune: unfinished dumps stay until nobody can be writing them",
       unfinished_dumps_stay_until_nobody_can_be_writing_them},
      {"prune: unfinished dumps stay while their process runs",
       unfinished_dumps_stay_while_their_process_runs},
      {"prune: live files of replaced programs go", live_files_of_replaced_programs_go},
      {"prune: one pass removes a few", one_pass_removes_a_few},
      {"prune: the bytes of all programs are limited", bytes_of_all_programs_are_limited},
      {"prune: large files among many small ones are limited",
       large_files_among_many_small_ones_are_limited},
      {"prune: a folder of thousands gets smaller", folder_of_thousands_gets_smaller},
      {"prune: room is made for one more", room_is_made_for_one_more},
      {"prune: the spared file stays", the_spared_file_stays},
      {"prune: each dump of many leaves about as many as are kept",
       each_dump_of_many_leaves_about_as_many_as_are_kept},
      {"prune: the bytes of many programs stay near their limit",
       bytes_of_many_programs_stay_near_their_limit},
      {"prune: files of other users are passed over", files_of_other_users_are_passed_over},
      {"prune: no folder is no trouble", no_folder_is_no_trouble})
