// SPDX-License-Identifier: Apache-2.0
//
// Bare system calls, because libc's wrappers set errno and the program may interpose them.
#define _GNU_SOURCE
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/text.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

#if defined(__x86_64__)
static long os_call6(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
static long os_call6(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}
#else
#error "libsilt.so knows x86-64 and aarch64"
#endif

#define os_call(number, a, b, c, d) \
  os_call6((number), (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

static long os_retried(long number, long a, long b, long c, long d) {
  long result;
  do result = os_call(number, a, b, c, d);
  while (result == -EINTR);
  return result;
}

static int os_error(long result) {
  return result < 0 ? (int)-result : 0;
}

int silt_os_open(const char *path, int flags, unsigned mode, int *fd) {
  long result = os_retried(SYS_openat, AT_FDCWD, (long)path, flags | O_CLOEXEC, mode);
  if (result < 0) return os_error(result);
  *fd = (int)result;
  return 0;
}

void silt_os_close(int fd) {
  os_call(SYS_close, fd, 0, 0, 0);
}

int silt_os_read(int fd, void *buffer, size_t size, size_t *got) {
  long result = os_retried(SYS_read, fd, (long)buffer, (long)size, 0);
  if (result < 0) return os_error(result);
  *got = (size_t)result;
  return 0;
}

int silt_os_pwrite(int fd, const void *buffer, size_t size, uint64_t offset) {
  const char *at = buffer;
  while (size > 0) {
    long result = os_retried(SYS_pwrite64, fd, (long)at, (long)size, (long)offset);
    if (result < 0) return os_error(result);
    if (result == 0) return EIO;
    at += result;
    offset += (uint64_t)result;
    size -= (size_t)result;
  }
  return 0;
}

int silt_os_truncate(int fd, uint64_t size) {
  return os_error(os_retried(SYS_ftruncate, fd, (long)size, 0, 0));
}

int silt_os_status(const char *path, struct silt_os_status *status) {
  struct stat found;
  long result = os_call(SYS_newfstatat, AT_FDCWD, path, &found, AT_SYMLINK_NOFOLLOW);
  if (result < 0) return os_error(result);
  status->modified = (uint64_t)found.st_mtim.tv_sec * 1000000000u + (uint64_t)found.st_mtim.tv_nsec;
  status->uid = found.st_uid;
  status->mode = found.st_mode;
  return 0;
}

int silt_os_mkdir(const char *path, unsigned mode) {
  return os_error(os_call(SYS_mkdirat, AT_FDCWD, path, mode, 0));
}

int silt_os_rename(const char *from, const char *to) {
  return os_error(os_call6(SYS_renameat2, AT_FDCWD, (long)from, AT_FDCWD, (long)to, 0, 0));
}

int silt_os_unlink(const char *path) {
  return os_error(os_call(SYS_unlinkat, AT_FDCWD, path, 0, 0));
}

int silt_os_readlink(const char *path, char *buffer, size_t size, size_t *got) {
  long result = os_call(SYS_readlinkat, AT_FDCWD, path, buffer, size - 1);
  if (result < 0) return os_error(result);
  buffer[result] = '\0';
  *got = (size_t)result;
  return 0;
}

int silt_os_directory(char *buffer, size_t size) {
  return os_error(os_call(SYS_getcwd, buffer, size, 0, 0));
}

int silt_os_list(int fd, void *buffer, size_t size, size_t *got) {
  long result = os_call(SYS_getdents64, fd, buffer, size, 0);
  if (result < 0) return os_error(result);
  *got = (size_t)result;
  return 0;
}

int silt_os_slurp(const char *path, char *buffer, size_t size, size_t *got) {
  int fd = -1;
  int error = silt_os_open(path, O_RDONLY, 0, &fd);
  if (error) return error;
  size_t total = 0;
  while (total < size - 1) {
    size_t more = 0;
    error = silt_os_read(fd, buffer + total, size - 1 - total, &more);
    if (error || more == 0) break;
    total += more;
  }
  silt_os_close(fd);
  buffer[total] = '\0';
  *got = total;
  return error;
}

int silt_os_stat(unsigned field, uint64_t *value) {
  char line[1024];
  size_t got = 0;
  int error = silt_os_slurp("/proc/self/stat", line, sizeof line, &got);
  if (error) return error;
  // Field 2, the name in parentheses, may itself hold ')' and spaces: count from the last ')'.
  const char *at = line + got;
  while (at > line && *at != ')') at--;
  for (unsigned seen = 2; *at && seen < field; at++)
    if (*at == ' ') seen++;
  *value = silt_text_parse(&at);
  return 0;
}

static int os_mapped(long result, void **address) {
  if (result < 0 && result > -4096) return os_error(result);
  *address = (void *)result;
  return 0;
}

int silt_os_map_shared(int fd, size_t size, void **address) {
  return os_mapped(os_call6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0),
                   address);
}

int silt_os_map_private(size_t size, void **address) {
  return os_mapped(os_call6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
                   address);
}

void silt_os_unmap(void *address, size_t size) {
  os_call(SYS_munmap, address, size, 0, 0);
}

bool silt_os_keeps_blocks(int fd) {
  const uint32_t btrfs = 0x9123683e, zfs = 0x2fc12fc1, bcachefs = 0xca451a4e;
  struct statfs system = {0};
  os_call(SYS_fstatfs, fd, &system, 0, 0);
  uint32_t kind = (uint32_t)system.f_type;
  return kind != btrfs && kind != zfs && kind != bcachefs;
}

int silt_os_populate(void *address, size_t size) {
  return os_error(os_retried(SYS_madvise, (long)address, (long)size, MADV_POPULATE_WRITE, 0));
}

void silt_os_map_is_sparse(void *address, size_t size) {
  os_call(SYS_madvise, address, size, MADV_RANDOM, 0);
}

int silt_os_wipe_on_fork(void *address, size_t size) {
  return os_error(os_call(SYS_madvise, address, size, MADV_WIPEONFORK, 0));
}

void silt_os_discard(void *address, size_t size) {
  // The kernel refuses this for locked memory.
  if (os_call(SYS_madvise, address, size, MADV_DONTNEED, 0)) __builtin_memset(address, 0, size);
}

static silt_os_clock *os_clock;

void silt_os_use_clock(silt_os_clock *clock) {
  store_relaxed(&os_clock, clock);
}

static uint64_t os_now(clockid_t clock) {
  struct timespec t = {0, 0};
  silt_os_clock *read = load_relaxed(&os_clock);
  if (!read || read(clock, &t)) os_call(SYS_clock_gettime, clock, &t, 0, 0);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

bool silt_os_readable(uint64_t address) {
  // The request is invalid, but the kernel reads the new mask at `address` before it says so:
  // EINVAL means that it could read, EFAULT that it could not.
  return os_call(SYS_rt_sigprocmask, -1, address, 0, 8) == -EINVAL;
}

uint64_t silt_os_monotonic(void) {
  return os_now(CLOCK_MONOTONIC);
}
uint64_t silt_os_realtime(void) {
  return os_now(CLOCK_REALTIME);
}

int silt_os_random(void *buffer, size_t size) {
  long result = os_retried(SYS_getrandom, (long)buffer, (long)size, 0, 0);
  if (result < 0) return os_error(result);
  return (size_t)result == size ? 0 : EIO;
}

uint32_t silt_os_pid(void) {
  return (uint32_t)os_call(SYS_getpid, 0, 0, 0, 0);
}
uint32_t silt_os_thread(void) {
  return (uint32_t)os_call(SYS_gettid, 0, 0, 0, 0);
}
uint32_t silt_os_uid(void) {
  return (uint32_t)os_call(SYS_geteuid, 0, 0, 0, 0);
}

void silt_os_yield(void) {
  os_call(SYS_sched_yield, 0, 0, 0, 0);
}

bool silt_os_process_exists(uint32_t pid) {
  return os_call(SYS_kill, pid, 0, 0, 0) != -ESRCH;
}

int silt_os_signal_handler(int signal, uint64_t *handler) {
  // On both architectures the kernel's struct starts with the handler and fits into 64 bytes.
  uint64_t action[8] = {0};
  long result = os_call(SYS_rt_sigaction, signal, 0, action, 8);
  if (result < 0) return os_error(result);
  *handler = action[0];
  return 0;
}

uint64_t silt_os_block_signals(void) {
  uint64_t all = UINT64_MAX, before = 0;
  os_call(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before, 8);
  return before;
}

void silt_os_restore_signals(uint64_t blocked) {
  os_call(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, 0, 8);
}

uint64_t silt_os_file_size_limit(void) {
  struct rlimit limit;
  if (os_call(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, &limit) < 0) return 0;
  return limit.rlim_cur;
}
