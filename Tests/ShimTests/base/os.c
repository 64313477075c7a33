// SPDX-License-Identifier: Apache-2.0
//
// What the system calls promise beyond those of the kernel, and what is left of the program's own
// state when they fail.
#define _GNU_SOURCE
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "suite/suite.h"

static const char *path_of(const char *name) {
  static char path[200];
  snprintf(path, sizeof path, "%s/%s", suite_folder, name);
  return path;
}

static uint32_t opened;  // all files

// A program that logs to descriptors that it has closed.
static void *log_to_closed(void *unused) {
  (void)unused;
  while (!load_relaxed(&opened))
    for (int fd = 0; fd <= 2; fd++)
      if (write(fd, "log", 3) >= 0 || errno != EBADF) _exit(3);
  return NULL;
}

static void descriptors_below_three_are_never_taken(void) {
  pthread_t logger;
  int fd = -1;
  struct stat status;
  close(0), close(1), close(2);
  REQUIRE(pthread_create(&logger, NULL, log_to_closed, NULL) == 0);
  for (int i = 0; i < 3000; i++) {
    if (silt_os_open(path_of("dump"), O_RDWR | O_CREAT, 0600, &fd) || fd < 3) _exit(4);
    if (fcntl(fd, F_GETFD) != FD_CLOEXEC) _exit(5);
    silt_os_close(fd);
  }
  store_relaxed(&opened, 1u);
  pthread_join(logger, NULL);
  for (fd = 0; fd <= 2; fd++)
    if (fcntl(fd, F_GETFD) != -1) _exit(6);
  if (stat(path_of("dump"), &status) || status.st_size != 0) _exit(7);
}

static void file_is_not_renamed_over_another(void) {
  int folder = open(suite_folder, O_PATH | O_DIRECTORY);
  close(open(path_of("a"), O_CREAT | O_WRONLY, 0600));
  close(open(path_of("b"), O_CREAT | O_WRONLY, 0600));
  REQUIRE(silt_os_rename_at(folder, "a", "b") == EEXIST && suite_is_there(path_of("a")));
  REQUIRE(silt_os_rename_at(folder, "a", "c") == 0 && suite_is_there(path_of("c")));
}

static void mapping_for_writing_shows(void) {
  int write = open(path_of("live"), O_RDWR | O_CREAT | O_EXCL, 0400);
  int read = open(path_of("live"), O_RDONLY);
  REQUIRE(ftruncate(write, 4096) == 0 && silt_os_is_written(read));
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, write, 0);
  REQUIRE(page != MAP_FAILED && close(write) == 0 && silt_os_is_written(read));
  REQUIRE(munmap(page, 4096) == 0 && !silt_os_is_written(read));
  // The lease was given back.
  REQUIRE(fcntl(read, F_GETLEASE) == F_UNLCK);
}

// From here on the kernel refuses this system call with this argument.
static void refuse(unsigned call, unsigned argument, unsigned value, unsigned error) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * argument),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog filter = {sizeof program / sizeof program[0], program};
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
}

static uint64_t mask(void) {
  uint64_t now = 0;
  REQUIRE(syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, NULL, &now, 8) == 0);
  return now;
}

static void mask_that_could_not_be_saved_is_not_restored(void) {
  uint64_t own = UINT64_C(1) << (SIGUSR1 - 1);
  REQUIRE(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &own, NULL, 8) == 0);
  struct silt_os_signals signals = silt_os_block_signals();
  REQUIRE(mask() != own);
  silt_os_restore_signals(signals);
  REQUIRE(mask() == own);
  refuse(SYS_rt_sigprocmask, 0, SIG_BLOCK, EPERM);
  silt_os_restore_signals(silt_os_block_signals());
  REQUIRE(mask() == own);
}

// As before Linux 5.14, which has no MADV_POPULATE_WRITE.
static void blocks_are_reserved_by_an_older_kernel_too(void) {
  const size_t size = 64 << 10;
  int fd = open(path_of("live"), O_RDWR | O_CREAT | O_EXCL, 0600);
  REQUIRE(ftruncate(fd, (off_t)size) == 0);
  char *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  REQUIRE(pages != MAP_FAILED);
  pages[0] = 'x';
  refuse(SYS_madvise, 2, 23, EINVAL);
  struct stat status;
  REQUIRE(fstat(fd, &status) == 0 && (size_t)status.st_blocks * 512 < size);
  REQUIRE(silt_os_populate(pages, size) == 0 && pages[0] == 'x' && pages[4096] == 0);
  REQUIRE(fstat(fd, &status) == 0 && (size_t)status.st_blocks * 512 >= size);
  // What cannot be reserved is an error, and no SIGBUS.
  REQUIRE(ftruncate(fd, 4096) == 0 && silt_os_populate(pages, size) != 0);
}

static void what_can_be_read_is_known(void) {
  char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(pages != MAP_FAILED && mprotect(pages + 4096, 4096, PROT_NONE) == 0);
  REQUIRE(silt_os_readable((uintptr_t)pages) && silt_os_readable((uintptr_t)pages + 4088));
  REQUIRE(!silt_os_readable((uintptr_t)pages + 4096) && !silt_os_readable(8));
}

SUITE({"os: descriptors below three are never taken", descriptors_below_three_are_never_taken},
      {"os: a file is not renamed over another", file_is_not_renamed_over_another},
      {"os: a mapping for writing shows", mapping_for_writing_shows},
      {"os: a mask that could not be saved is not restored",
       mask_that_could_not_be_saved_is_not_restored},
      {"os: blocks are reserved by an older kernel too",
       blocks_are_reserved_by_an_older_kernel_too},
      {"os: what can be read is known", what_can_be_read_is_known})
