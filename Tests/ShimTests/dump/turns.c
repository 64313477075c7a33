// SPDX-License-Identifier: Apache-2.0
//
// When a dump is made, and how much of it at once. The clock is the test's own: each look at it
// takes 20 us, so that what a turn may do is exact.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/config.h"
#include "base/os.h"
#include "dump/dump.h"
#include "session/regions.h"
#include "session/session.h"
#include "suite/suite.h"
#include "tables/live.h"
#include "tables/ring.h"
#include "tables/tables.h"

enum { LOOK = 20000, MANY = 100000, LIVE = 3000 };

static uint64_t now = 1000000000000;

static int own_clock(int clock, struct timespec *time) {
  (void)clock;
  now += LOOK;
  time->tv_sec = (time_t)(now / 1000000000);
  time->tv_nsec = (long)(now % 1000000000);
  return 0;
}

static uint64_t written;

int __real_silt_os_pwrite(int fd, const void *buffer, size_t size, uint64_t offset);
int __wrap_silt_os_pwrite(int fd, const void *buffer, size_t size, uint64_t offset);

int __wrap_silt_os_pwrite(int fd, const void *buffer, size_t size, uint64_t offset) {
  written += size;
  return __real_silt_os_pwrite(fd, buffer, size, offset);
}

static void insert(struct silt_header *header, uint64_t address) {
  struct silt_live_entry entry = {.address = address, .size = 100, .time = now, .site = 1};
  REQUIRE(silt_live_insert(header, &entry));
}

// A session with so many sites, and blocks from address 16 on.
static struct silt_header *session_of(uint64_t sites) {
  uint64_t first;
  silt_os_use_clock(own_clock);
  struct silt_header *header = silt_tables_session();
  REQUIRE(header && silt_region_claim(header, SILT_REGION_SITES, sites, &first));
  for (uint64_t i = 0; i < sites; i++)
    ((struct silt_site *)silt_region_at(header, SILT_REGION_SITES, first + i))->alloc_bytes = i;
  for (uint64_t i = 1; i <= LIVE; i++) insert(header, i * 16);
  return header;
}

static bool is_there(unsigned sequence, const char *more) {
  char ending[40];
  snprintf(ending, sizeof ending, ".%u.silt%s", sequence, more);
  return suite_is_there(suite_file(ending));
}

// A sample of one byte, which with SILT_DUMP_GROWTH=1 is always enough for a dump.
static void sample(struct silt_header *header) {
  silt_dump_after_alloc(header, now, 1, silt_config.interval);
}

static void expect_whole(unsigned sequence, uint64_t sites) {
  char ending[40];
  struct stat status;
  snprintf(ending, sizeof ending, ".%u.silt", sequence);
  int fd = open(suite_file(ending), O_RDONLY);
  REQUIRE(fd >= 0 && fstat(fd, &status) == 0);
  const char *file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  REQUIRE(file != MAP_FAILED);
  const struct silt_header *header = (const struct silt_header *)file;
  const struct silt_region *region = &header->regions[SILT_REGION_SITES];
  REQUIRE(header->magic == SILT_MAGIC && header->kind == SILT_KIND_DUMP);
  REQUIRE(header->sequence == sequence && region->used >= sites);
  const struct silt_site *site = (const struct silt_site *)(file + region->offset);
  for (uint64_t i = 0; i < sites; i++) REQUIRE(site[region->used - sites + i].alloc_bytes == i);
  region = &header->regions[SILT_REGION_LIVE];
  const struct silt_live *live = (const struct silt_live *)(file + region->offset);
  REQUIRE(region->used == LIVE);
  bool seen[LIVE + 1] = {false};
  for (uint64_t i = 0; i < LIVE; i++) {
    uint64_t number = live[i].address / 16;
    REQUIRE(number >= 1 && number <= LIVE && !seen[number]);
    seen[number] = true;
  }
  munmap((void *)file, (size_t)status.st_size);
  close(fd);
}

static unsigned open_descriptors(void) {
  unsigned count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (readdir(folder)) count++;
  closedir(folder);
  return count;
}

static void many_stacks_are_dumped_in_turns_of_a_millisecond(void) {
  suite_configure("SILT_CAPACITY", "64M", "SILT_DUMP_GROWTH", "1000000", NULL);
  struct silt_header *header = session_of(MANY);
  unsigned turns = 0, descriptors = open_descriptors();
  silt_dump_after_alloc(header, now, 2000000, silt_config.interval);
  while (!is_there(1, "")) {
    REQUIRE(++turns < 1000 && is_there(1, ".tmp"));
    REQUIRE(open_descriptors() == descriptors);
    // What comes meanwhile is not of this dump.
    insert(header, (LIVE + turns) * 16);
    uint64_t before = now;
    written = 0;
    if (turns % 2)
      sample(header);
    else
      silt_dump_after_free(header, 1, silt_config.interval);
    // 50 pieces of 16 KiB, and one that had begun; what waited in the batch; the header.
    REQUIRE(written <= (51 << 14) + (64 << 10) + SILT_HEADER_SIZE && now - before <= 55 * LOOK);
  }
  REQUIRE(turns >= 4 && !is_there(1, ".tmp"));
  expect_whole(1, MANY);
}

static void few_are_dumped_at_once(void) {
  suite_configure("SILT_DUMP_GROWTH", "1", NULL);
  struct silt_header *header = session_of(10);
  sample(header);
  REQUIRE(is_there(1, ""));
  expect_whole(1, 10);
}

static struct silt_header *begin_dump(void) {
  suite_configure("SILT_CAPACITY", "64M", "SILT_DUMP_GROWTH", "1000000", NULL);
  silt_dump_init();
  struct silt_header *header = session_of(MANY);
  silt_dump_after_alloc(header, now, 2000000, silt_config.interval);
  REQUIRE(is_there(1, ".tmp"));
  return header;
}

// For a clean-up by another process: whose it is. Not a valid dump.
static void unfinished_dump_says_whose_it_is(void) {
  struct silt_header found;
  begin_dump();
  int fd = open(suite_file(".1.silt.tmp"), O_RDONLY);
  REQUIRE(fd >= 0 && read(fd, &found, sizeof found) == sizeof found);
  REQUIRE(found.magic == SILT_MAGIC && found.kind == SILT_KIND_DUMP && !found.checksum);
  REQUIRE(found.pid == (uint32_t)getpid());
}

static void another_users_rights_for_a_moment_only_delay_a_dump(void) {
  if (getuid() != 0) return;
  struct silt_header *header = begin_dump();
  REQUIRE(seteuid(65533) == 0);
  for (int i = 0; i < 100; i++) sample(header);
  REQUIRE(seteuid(0) == 0 && is_there(1, ".tmp") && !is_there(1, ""));
  while (!is_there(1, "")) sample(header);
  expect_whole(1, MANY);
}

static void signal_ends_what_was_begun(void) {
  begin_dump();
  raise(SIGUSR2);
  expect_whole(1, MANY);
  expect_whole(2, MANY);
}

// So many events a millisecond apart, up to now.
static void be_busy(struct silt_header *header, uint64_t events) {
  for (uint64_t i = events; i-- > 0;)
    silt_ring_push(header, (struct silt_event){.time = now - i * 1000000, .size = 1, .site = 1});
}

static struct silt_header *begin_session(void) {
  suite_configure("SILT_CAPACITY", "64M", NULL);
  silt_dump_init();
  return session_of(MANY);
}

static void signal_stops_a_busy_process_for_a_few_milliseconds(void) {
  struct silt_header *header = begin_session();
  be_busy(header, 16);
  uint64_t before = now;
  raise(SIGUSR2);
  // 3 ms, and the piece that had begun.
  REQUIRE(now - before <= 160 * LOOK && is_there(1, ".tmp") && !is_there(1, ""));
  unsigned turns = 0;
  for (; !is_there(1, ""); turns++) {
    before = now;
    sample(header);
    REQUIRE(turns < 1000 && now - before <= 55 * LOOK);
  }
  REQUIRE(turns >= 2 && !is_there(1, ".tmp"));
  expect_whole(1, MANY);
}

static void signal_is_answered_at_once_where_nobody_would_go_on(void) {
  struct silt_header *header = begin_session();
  be_busy(header, 15);
  raise(SIGUSR2);
  expect_whole(1, MANY);
  be_busy(header, 16);
  now += UINT64_C(60000000);
  raise(SIGUSR2);
  expect_whole(2, MANY);
}

static void second_signal_ends_the_first_ones_dump(void) {
  be_busy(begin_session(), 16);
  raise(SIGUSR2);
  REQUIRE(!is_there(1, ""));
  raise(SIGUSR2);
  expect_whole(1, MANY);
  expect_whole(2, MANY);
}

static void what_replaces_the_program_ends_what_was_begun(void) {
  struct silt_header *header = begin_session();
  be_busy(header, 16);
  raise(SIGUSR2);
  REQUIRE(!is_there(1, ""));
  silt_dump_end_unfinished(header);
  expect_whole(1, MANY);
  silt_dump_end_unfinished(header);
  REQUIRE(!is_there(2, "") && !is_there(2, ".tmp"));
}

static void vfork_child_leaves_its_parents_dump_alone(void) {
  struct silt_header *header = begin_dump();
  int status;
  pid_t child = vfork();
  if (child == 0) {
    for (int i = 0; i < 100; i++) sample(header);
    _exit(is_there(1, ""));
  }
  REQUIRE(waitpid(child, &status, 0) == child && status == 0 && is_there(1, ".tmp"));
  while (!is_there(1, "")) sample(header);
  expect_whole(1, MANY);
}

// Else the kernel sends a signal that ends the process.
static void limit_on_files_that_is_lowered_meanwhile_only_loses_the_dump(void) {
  struct silt_header *header = begin_dump();
  const struct rlimit least = {0, 0};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &least) == 0);
  sample(header);
  REQUIRE(header->lost[SILT_LOST_DUMP].count == 1 && !is_there(1, ""));
  // Lowered while a turn writes.
  int fd = open(suite_file(".other"), O_RDWR | O_CREAT, 0600);
  struct silt_os_signals signals = silt_os_block_signals();
  REQUIRE(fd >= 0 && silt_os_pwrite(fd, "x", 1, 0) == EFBIG);
  silt_os_restore_signals(signals);
}

static void exit_ends_what_was_begun(void) {
  begin_dump();
  silt_dump_at_exit(SILT_DUMP_BY_EXIT);
  expect_whole(1, MANY);
  expect_whole(2, MANY);
  REQUIRE(!suite_is_there(suite_file(".live.silt")));
}

static void another_reason_to_dump_meanwhile_is_lost(void) {
  struct silt_header *header = begin_dump();
  silt_dump_after_alloc(header, now, 2000000, silt_config.interval);
  REQUIRE(header->lost[SILT_LOST_DUMP].count == 1);
  while (!is_there(1, "")) sample(header);
  expect_whole(1, MANY);
  REQUIRE(!is_there(2, "") && !is_there(2, ".tmp"));
}

static void child_leaves_its_parents_dump_alone(void) {
  struct silt_header *header = begin_dump();
  int status;
  pid_t child = fork();
  if (child == 0) {
    struct silt_header *own = session_of(10);
    for (int i = 0; i < 100; i++) sample(own);
    silt_dump_at_exit(SILT_DUMP_BY_EXIT);
    _exit(!is_there(1, ""));
  }
  REQUIRE(waitpid(child, &status, 0) == child && status == 0 && is_there(1, ".tmp"));
  while (!is_there(1, "")) sample(header);
  expect_whole(1, MANY);
}

static void file_that_is_gone_is_a_dump_that_is_lost(void) {
  struct silt_header *header = begin_dump();
  REQUIRE(unlink(suite_file(".1.silt.tmp")) == 0);
  sample(header);
  REQUIRE(header->lost[SILT_LOST_DUMP].count == 1);
  for (int i = 0; i < 100; i++) sample(header);
  REQUIRE(!is_there(1, ""));
  silt_dump_after_alloc(header, now, 2000000, silt_config.interval);
  while (!is_there(2, "")) sample(header);
}

// The second, after the fork, in which a child makes its first dump.
static unsigned first_dump_of_a_child(void) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    struct silt_header *own = session_of(1);
    uint64_t start = now;
    unsigned second = 0;
    while (!is_there(1, "") && second < 250)
      silt_dump_after_alloc(own, start + ++second * UINT64_C(1000000000), 1, silt_config.interval);
    _exit((int)second);
  }
  REQUIRE(waitpid(child, &status, 0) == child && WIFEXITED(status));
  return (unsigned)WEXITSTATUS(status);
}

static void children_do_not_dump_at_the_same_moment(void) {
  suite_configure("SILT_DUMP_EVERY", "100", NULL);
  struct silt_header *header = session_of(1);
  silt_dump_after_alloc(header, now, 1, silt_config.interval);
  bool taken[256] = {false};
  unsigned different = 0;
  for (int i = 0; i < 16; i++) {
    unsigned second = first_dump_of_a_child();
    REQUIRE(second >= 50 && second <= 151);
    different += !taken[second];
    taken[second] = true;
  }
  REQUIRE(different >= 8);
}

static void intervals_are_kept_by_a_program_of_its_own(void) {
  suite_configure("SILT_DUMP_EVERY", "100", NULL);
  struct silt_header *header = session_of(1);
  uint64_t start = now, second = UINT64_C(1000000000);
  silt_dump_after_alloc(header, start, 1, silt_config.interval);
  silt_dump_after_alloc(header, start + 100 * second - 1, 1, silt_config.interval);
  REQUIRE(!is_there(1, ""));
  silt_dump_after_alloc(header, start + 100 * second, 1, silt_config.interval);
  REQUIRE(is_there(1, ""));
}

SUITE({"dump: many stacks are dumped in turns of a millisecond",
       many_stacks_are_dumped_in_turns_of_a_millisecond},
      {"dump: few are dumped at once", few_are_dumped_at_once},
      {"dump: an unfinished dump says whose it is", unfinished_dump_says_whose_it_is},
      {"dump: another user's rights for a moment only delay a dump",
       another_users_rights_for_a_moment_only_delay_a_dump},
      {"dump: a signal ends what was begun", signal_ends_what_was_begun},
      {"dump: a signal stops a busy process for a few milliseconds",
       signal_stops_a_busy_process_for_a_few_milliseconds},
      {"dump: a signal is answered at once where nobody would go on",
       signal_is_answered_at_once_where_nobody_would_go_on},
      {"dump: a second signal ends the first one's dump", second_signal_ends_the_first_ones_dump},
      {"dump: what replaces the program ends what was begun",
       what_replaces_the_program_ends_what_was_begun},
      {"dump: a vfork child leaves its parent's dump alone",
       vfork_child_leaves_its_parents_dump_alone},
      {"dump: a limit on files that is lowered meanwhile only loses the dump",
       limit_on_files_that_is_lowered_meanwhile_only_loses_the_dump},
      {"dump: exit ends what was begun", exit_ends_what_was_begun},
      {"dump: another reason to dump meanwhile is lost", another_reason_to_dump_meanwhile_is_lost},
      {"dump: a child leaves its parent's dump alone", child_leaves_its_parents_dump_alone},
      {"dump: a file that is gone is a dump that is lost",
       file_that_is_gone_is_a_dump_that_is_lost},
      {"dump: children do not dump at the same moment", children_do_not_dump_at_the_same_moment},
      {"dump: intervals are kept by a program of its own",
       intervals_are_kept_by_a_program_of_its_own})
