// SPDX-License-Identifier: Apache-2.0
//
// Bare system calls, because libc's wrappers set errno and the program may interpose them.
#define _GNU_SOURCE
#include "base/os.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

#if defined(__x86_64__)
long silt_os_enter(long number, long a, long b, long c, long d, long e, long f) {
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
long silt_os_enter(long number, long a, long b, long c, long d, long e, long f) {
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

// Sandboxes of all threads that the program is in or about to enter, and how many of them wait for
// others to finish.
static uint32_t os_stops, os_waits;
// Threads that are between silt_os_block_signals and its end.
static uint32_t os_masked;

// Sandboxes of any thread.
static uint32_t os_boxes;

static bool os_is_boxed(void) {
  if (SILT_UNLIKELY(silt_thread.boxes.any)) return true;
  return SILT_UNLIKELY(load_relaxed(&os_boxes)) && !silt_thread.told && !silt_thread.id;
}

static bool os_is_forbidden(void) {
  if (SILT_UNLIKELY(os_is_boxed())) return true;
  return SILT_UNLIKELY(load_relaxed(&os_stops)) && !(silt_thread.masked && load_relaxed(&os_waits));
}

static long os_call6(long number, long a, long b, long c, long d, long e, long f) {
  return os_is_forbidden() ? -EPERM : silt_os_enter(number, a, b, c, d, e, f);
}

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

#define OS_FIRST_OWN 3
// A program that closes every descriptor, ours too, gets the lowest numbers for its next files:
// ours begin here, where none of these will be.
#define OS_HIGH 512

// Fills what is free of the descriptors 0 to 2, so that no file that is written gets one of them,
// not even for a moment. What is put there can neither be read nor written: to the program it is as
// closed.
static int os_fill_standard(int held[OS_FIRST_OWN]) {
  for (int count = 0;; count++) {
    long fd = os_call(SYS_openat, AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0);
    if (fd < 0) return count;
    if (fd >= OS_FIRST_OWN || count == OS_FIRST_OWN) {
      os_call(SYS_close, fd, 0, 0, 0);
      return count;
    }
    held[count] = (int)fd;
  }
}

int silt_os_open_at(int directory, const char *path, int flags, unsigned mode, int *fd) {
  int held[OS_FIRST_OWN], count = 0;
  // What is opened for reading only takes no text of the program's while it is there.
  if ((flags & O_ACCMODE) != O_RDONLY) count = os_fill_standard(held);
  long result = os_retried(SYS_openat, directory, (long)path, flags | O_CLOEXEC, mode);
  while (count > 0) os_call(SYS_close, held[--count], 0, 0, 0);
  if (result < 0) return os_error(result);
  long low = result;
  result = os_call(SYS_fcntl, low, F_DUPFD_CLOEXEC, OS_HIGH, 0);
  // The limit may be lower. Below 3: another thread has closed one of them just now.
  if (result < 0 && low < OS_FIRST_OWN)
    result = os_call(SYS_fcntl, low, F_DUPFD_CLOEXEC, OS_FIRST_OWN, 0);
  if (result < 0 && low >= OS_FIRST_OWN) result = low;
  if (result != low) os_call(SYS_close, low, 0, 0, 0);
  if (result < 0) return os_error(result);
  *fd = (int)result;
  return 0;
}

int silt_os_open(const char *path, int flags, unsigned mode, int *fd) {
  return silt_os_open_at(SILT_OS_HERE, path, flags, mode, fd);
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

#define OS_PIECE (1 << 20)

// Above the limit on the size of files the kernel also sends a signal that ends the process. It
// waits while signals are blocked, and is taken away here.
static void os_take_away_file_size_signal(void) {
  const uint64_t set = UINT64_C(1) << (SIGXFSZ - 1);
  const struct timespec at_once = {0, 0};
  os_call(SYS_rt_sigtimedwait, &set, NULL, &at_once, sizeof set);
}

int silt_os_pwrite(int fd, const void *buffer, size_t size, uint64_t offset) {
  const char *at = buffer;
  while (size > 0) {
    // Piece by piece: who is about to enter a sandbox waits for the end.
    if (load_relaxed(&os_stops)) return ECANCELED;
    long piece = size < OS_PIECE ? (long)size : OS_PIECE;
    long result = os_retried(SYS_pwrite64, fd, (long)at, piece, (long)offset);
    if (result == -EFBIG) os_take_away_file_size_signal();
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

static int os_status(long result, const struct stat *found, struct silt_os_status *status) {
  if (result < 0) return os_error(result);
  *status = (struct silt_os_status){
      .modified = (uint64_t)found->st_mtim.tv_sec * 1000000000u + (uint64_t)found->st_mtim.tv_nsec,
      .bytes = (uint64_t)found->st_blocks * 512u,
      .device = found->st_dev,
      .inode = found->st_ino,
      .uid = found->st_uid,
      .mode = found->st_mode};
  return 0;
}

int silt_os_status_at(int directory, const char *path, struct silt_os_status *status) {
  struct stat found = {0};
  return os_status(os_call(SYS_newfstatat, directory, path, &found, AT_SYMLINK_NOFOLLOW), &found,
                   status);
}

int silt_os_status(int fd, struct silt_os_status *status) {
  struct stat found = {0};
  return os_status(os_call(SYS_fstat, fd, &found, 0, 0), &found, status);
}

bool silt_os_is_file(int fd, const struct silt_os_status *file) {
  struct silt_os_status now = {0};
  return silt_os_status(fd, &now) == 0 && now.device == file->device && now.inode == file->inode;
}

bool silt_os_may_write(int directory) {
  // faccessat2 is of Linux 5.8, and refused with EPERM by the filters of container engines that do
  // not know it; the older call goes by the real user.
  const long by_effective_user = 0x200, faccessat2 = 439;
  long result = os_call(faccessat2, directory, ".", W_OK | X_OK, by_effective_user);
  if (result == -ENOSYS || result == -EPERM)
    result = os_call(SYS_faccessat, directory, ".", W_OK | X_OK, 0);
  return result == 0;
}

int silt_os_mkdir(const char *path, unsigned mode) {
  return os_error(os_call(SYS_mkdirat, AT_FDCWD, path, mode, 0));
}

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

int silt_os_rename_at(int directory, const char *from, const char *to) {
  long result =
      os_call6(SYS_renameat2, directory, (long)from, directory, (long)to, RENAME_NOREPLACE, 0);
  if (result != -EINVAL) return os_error(result);
  // A file system that cannot be asked for both at once.
  struct silt_os_status status;
  if (silt_os_status_at(directory, to, &status) == 0) return EEXIST;
  return os_error(os_call6(SYS_renameat2, directory, (long)from, directory, (long)to, 0, 0));
}

int silt_os_rmdir(const char *path) {
  return os_error(os_call(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR, 0));
}

int silt_os_unlink_at(int directory, const char *path) {
  return os_error(os_call(SYS_unlinkat, directory, path, 0, 0));
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

static int os_stat(const char *path, unsigned field, uint64_t *value) {
  char line[1024];
  size_t got = 0;
  int error = silt_os_slurp(path, line, sizeof line, &got);
  if (error) return error;
  // Field 2, the name in parentheses, may itself hold ')' and spaces: count from the last ')'.
  const char *at = line + got;
  while (at > line && *at != ')') at--;
  for (unsigned seen = 2; *at && seen < field; at++)
    if (*at == ' ') seen++;
  *value = silt_text_parse(&at);
  return 0;
}

uint64_t silt_os_threads(void) {
  struct stat found = {0};
  // A link for each, besides "." and "..".
  long result = os_call(SYS_newfstatat, AT_FDCWD, "/proc/self/task", &found, 0);
  return result == 0 && found.st_nlink > 2 ? (uint64_t)found.st_nlink - 2 : 0;
}

int silt_os_stat(unsigned field, uint64_t *value) {
  return os_stat("/proc/self/stat", field, value);
}

int silt_os_stat_of(uint32_t pid, unsigned field, uint64_t *value) {
  char path[32];
  struct silt_text text = silt_text_in(path, sizeof path);
  silt_text_add(&text, "/proc/");
  silt_text_number(&text, pid);
  silt_text_add(&text, "/stat");
  return os_stat(path, field, value);
}

static int os_mapped(long result, void **address) {
  if (result < 0 && result > -4096) return os_error(result);
  *address = (void *)result;
  return 0;
}

void silt_os_unlock(void *address, size_t size) {
  os_call(SYS_munlock, address, size, 0, 0);
}

// After mlockall(MCL_FUTURE), a mapping that can be touched is filled at once. So it is made
// untouchable, unlocked, and then made writable.
int silt_os_map_shared(int fd, size_t size, void **address) {
  int error = os_mapped(os_call6(SYS_mmap, 0, (long)size, PROT_NONE, MAP_SHARED, fd, 0), address);
  if (error) return error;
  silt_os_unlock(*address, size);
  error = silt_os_make_writable(*address, size);
  if (error) silt_os_unmap(*address, size);
  return error;
}

int silt_os_map_reserve(size_t size, void **address) {
  int error = os_mapped(os_call6(SYS_mmap, 0, (long)size, PROT_NONE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
                        address);
  if (error) return error;
  silt_os_unlock(*address, size);
  os_call(SYS_madvise, *address, size, MADV_NOHUGEPAGE, 0);
  return 0;
}

int silt_os_map_private(size_t size, void **address) {
  int error = silt_os_map_reserve(size, address);
  if (!error && (error = silt_os_make_writable(*address, size))) silt_os_unmap(*address, size);
  return error;
}

int silt_os_map_small(size_t size, void **address) {
  return os_mapped(
      os_call6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      address);
}

int silt_os_make_writable(void *address, size_t size) {
  return os_error(os_call(SYS_mprotect, address, size, PROT_READ | PROT_WRITE, 0));
}

int silt_os_map_private_at(void *address, size_t size) {
  void *there;
  return os_mapped(os_call6(SYS_mmap, (long)address, (long)size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0),
                   &there);
}

int silt_os_map_zeros_at(void *address, size_t size) {
  void *there;
  return os_mapped(os_call6(SYS_mmap, (long)address, (long)size, PROT_READ,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
                   &there);
}

void silt_os_unmap(void *address, size_t size) {
  os_call(SYS_munmap, address, size, 0, 0);
}

struct silt_os_file_system silt_os_file_system(int fd) {
  struct statfs system = {0};
  os_call(SYS_fstatfs, fd, &system, 0, 0);
  uint64_t unit = (uint64_t)system.f_bsize, blocks = (uint64_t)system.f_blocks;
  return (struct silt_os_file_system){
      .kind = (uint32_t)system.f_type,
      .size = blocks * unit,
      .used = blocks ? (blocks - (uint64_t)system.f_bfree) * unit : UINT64_MAX};
}

bool silt_os_is_written(int fd) {
  // The kernel grants a lease for reading only if nobody can write. Whoever opens the file for
  // writing before the lease is given back makes the kernel send a signal: one that is ignored.
  if (os_call(SYS_fcntl, fd, F_SETSIG, SIGURG, 0) < 0 ||
      os_call(SYS_fcntl, fd, F_SETLEASE, F_RDLCK, 0) < 0)
    return true;
  os_call(SYS_fcntl, fd, F_SETLEASE, F_UNLCK, 0);
  return false;
}

// For kernels before 5.14. The kernel adds nothing to the first word of each page, for which it
// must be able to write it; where it cannot, that is an error and no signal.
static int os_touch(char *address, size_t size) {
  const long or_nothing = (long)(FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0));
  for (size_t at = 0; at < size; at += 4096) {
    long page = (long)(address + at);
    long result =
        os_call6(SYS_futex, page, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 0, 0, page, or_nothing);
    if (result < 0) return os_error(result);
  }
  return 0;
}

int silt_os_populate(void *address, size_t size) {
  long result = os_retried(SYS_madvise, (long)address, (long)size, MADV_POPULATE_WRITE, 0);
  return result == -EINVAL ? os_touch(address, size) : os_error(result);
}

void silt_os_map_is_sparse(void *address, size_t size) {
  os_call(SYS_madvise, address, size, MADV_RANDOM, 0);
  os_call(SYS_madvise, address, size, MADV_NOHUGEPAGE, 0);
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

// What it said last to a thread that may ask no more.
static uint64_t os_last_realtime, os_last_monotonic;
// Whether libc reads the clock without the kernel: 0: not asked yet, 1: it does, 2: it does not.
static uint32_t os_clock_costs;

static bool os_clock_is_forbidden(void) {
  if (SILT_UNLIKELY(silt_thread.boxes.strict)) return true;
  return SILT_UNLIKELY(os_is_boxed() || load_relaxed(&os_stops)) &&
         load_relaxed(&os_clock_costs) != 1;
}

static uint64_t os_now(clockid_t clock) {
  struct timespec t = {0, 0};
  if (os_clock_is_forbidden())
    return clock == CLOCK_REALTIME ? os_last_realtime : os_last_monotonic;
  silt_os_clock *read = load_relaxed(&os_clock);
  if (!read || read(clock, &t)) os_call(SYS_clock_gettime, clock, &t, 0, 0);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// Whether the program runs under valgrind, which answers this sequence of instructions. It does
// nothing on a processor. The first word asked with is RUNNING_ON_VALGRIND.
static bool os_under_valgrind(void) {
  const uint64_t question[6] = {0x1001};
  uint64_t answer = 0;
#if defined(__x86_64__)
  __asm__ volatile(
      "rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi; xchgq %%rbx, %%rbx"
      : "+d"(answer)
      : "a"(question)
      : "cc", "memory");
#else
  register const uint64_t *x4 __asm__("x4") = question;
  register uint64_t x3 __asm__("x3") = answer;
  __asm__ volatile(
      "ror x12, x12, #3; ror x12, x12, #13; ror x12, x12, #51; ror x12, x12, #61; "
      "orr x10, x10, x10"
      : "+r"(x3)
      : "r"(x4)
      : "cc", "memory");
  answer = x3;
#endif
  return answer != 0;
}

bool silt_os_readable(uint64_t address) {
  // Memcheck would report the other way as an error of the program, if the words at `address` are
  // not initialized.
  static uint32_t valgrind;  // 0: not asked yet, 1: no, 2: yes
  if (SILT_UNLIKELY(!load_relaxed(&valgrind)))
    store_relaxed(&valgrind, os_under_valgrind() ? 2u : 1u);
  if (SILT_UNLIKELY(load_relaxed(&valgrind) == 2)) {
    uint64_t page = address & ~UINT64_C(4095);
    return os_call(SYS_madvise, page, 4096, MADV_POPULATE_READ, 0) == 0;
  }
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

uint64_t silt_os_cpu_time(void) {
  struct timespec t = {0, 0};
  os_call(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &t, 0, 0);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// Whether libc reads the clock without the kernel. The vDSO does so for these.
static bool os_clock_is_free(void) {
  static const char *const free[] = {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page",
                                     "arch_sys_counter"};
  char name[64];
  size_t got = 0;
  if (!load_relaxed(&os_clock) || !getauxval(AT_SYSINFO_EHDR) ||
      silt_os_slurp("/sys/devices/system/clocksource/clocksource0/current_clocksource", name,
                    sizeof name, &got))
    return false;
  for (size_t i = 0; i < sizeof free / sizeof free[0]; i++) {
    size_t length = __builtin_strlen(free[i]);
    if (got == length + 1 && __builtin_memcmp(name, free[i], length) == 0) return true;
  }
  return false;
}

// While it may still be asked.
static void os_remember_clock(void) {
  if (os_is_forbidden()) return;
  if (!load_relaxed(&os_clock_costs)) store_relaxed(&os_clock_costs, os_clock_is_free() ? 1u : 2u);
  store_relaxed(&os_last_realtime, silt_os_realtime());
  store_relaxed(&os_last_monotonic, silt_os_monotonic());
}

void silt_os_stop(bool is_strict) {
  os_remember_clock();
  add_relaxed(&os_boxes, 1u);
  silt_thread.boxes.any++;
  if (is_strict) silt_thread.boxes.strict++;
}

void silt_os_allow(bool is_strict) {
  if (is_strict) silt_thread.boxes.strict--;
  silt_thread.boxes.any--;
  add_relaxed(&os_boxes, -1u);
}

bool silt_os_has_sandboxes(void) {
  return load_relaxed(&os_boxes) || load_relaxed(&os_stops);
}

// Not for ever: a thread may be writing to a disk that is frozen, or have left its part by longjmp.
#define OS_PATIENCE UINT64_C(100000000)
#define OS_ROUNDS 100000

void silt_os_stop_all(void) {
  os_remember_clock();
  // Who waits itself is not waited for.
  if (silt_thread.masked) add_acq_rel(&os_masked, -1u);
  add_relaxed(&os_waits, 1u);
  add_acq_rel(&os_stops, 1u);
  fence_seq_cst();  // pairs with the fence in silt_os_block_signals
  // Counted, should time stand still.
  uint64_t begun = silt_os_monotonic();
  for (int i = 0; load_acquire(&os_masked) && i < OS_ROUNDS; i++) {
    if (silt_os_monotonic() - begun >= OS_PATIENCE) break;
    silt_os_yield();
  }
  add_acq_rel(&os_waits, -1u);
  if (silt_thread.masked) add_acq_rel(&os_masked, 1u);
}

void silt_os_allow_all(void) {
  add_acq_rel(&os_stops, -1u);
}

bool silt_os_is_stopped(void) {
  return os_is_forbidden();
}

void silt_os_after_fork(void) {
  store_relaxed(&os_masked, silt_thread.masked ? 1u : 0u);
  store_relaxed(&os_waits, 0u);
  store_relaxed(&os_boxes, (uint32_t)silt_thread.boxes.any);
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
  long thread = os_call(SYS_gettid, 0, 0, 0, 0);
  return thread < 0 ? 0 : (uint32_t)thread;
}
void silt_os_thread_name(char name[16]) {
  os_call(SYS_prctl, PR_GET_NAME, name, 0, 0);
}
uint32_t silt_os_uid(void) {
  return (uint32_t)os_call(SYS_geteuid, 0, 0, 0, 0);
}

bool silt_os_is_one_user(void) {
  uint32_t real = 0, effective = 0, saved = 0;
  os_call(SYS_getresuid, &real, &effective, &saved, 0);
  return real == effective && effective == saved;
}

void silt_os_yield(void) {
  os_call(SYS_sched_yield, 0, 0, 0, 0);
}

void silt_os_rest(uint64_t nanoseconds) {
  const struct timespec rest = {0, (long)nanoseconds};
  os_call(SYS_nanosleep, &rest, 0, 0, 0);
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

// Each thread counts once, however often it is called inside itself.
static void os_unmask(void) {
  if (--silt_thread.masked == 0) add_acq_rel(&os_masked, -1u);  // pairs with silt_os_stop_all
}

struct silt_os_signals silt_os_block_signals(void) {
  struct silt_os_signals signals = {0, false};
  uint64_t all = UINT64_MAX;
  if (silt_thread.masked == 0) add_relaxed(&os_masked, 1u);
  fence_seq_cst();  // pairs with the fence in silt_os_stop_all: one of the two sees the other
  bool forbidden = os_is_forbidden();
  silt_thread.masked++;
  // Forbidden to a thread outside: it may not begin now.
  if (!forbidden)
    signals.known = os_call(SYS_rt_sigprocmask, SIG_BLOCK, &all, &signals.before, 8) == 0;
  if (!signals.known) os_unmask();
  return signals;
}

// Also where system calls are forbidden by now: the program must not be left with every signal
// blocked. Once more if it fails.
void silt_os_restore_signals(struct silt_os_signals signals) {
  if (!signals.known) return;
  for (int i = 0; i < 2; i++)
    if (silt_os_enter(SYS_rt_sigprocmask, SIG_SETMASK, (long)&signals.before, 0, 8, 0, 0) == 0)
      break;
  os_unmask();
}

uint64_t silt_os_file_size_limit(void) {
  struct rlimit limit;
  if (os_call(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, &limit) < 0) return 0;
  return limit.rlim_cur;
}

// A field of /proc/self/statm, in bytes.
static uint64_t os_memory(unsigned field) {
  char line[128];
  size_t got = 0;
  if (silt_os_slurp("/proc/self/statm", line, sizeof line, &got)) return 0;
  const char *at = line;
  for (unsigned seen = 1; *at && seen < field; at++)
    if (*at == ' ') seen++;
  return silt_text_parse(&at) * getauxval(AT_PAGESZ);
}

static uint64_t os_room(int limited, unsigned field) {
  struct rlimit limit;
  if (os_call(SYS_prlimit64, 0, limited, 0, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
    return UINT64_MAX;
  uint64_t used = os_memory(field);
  return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
}

uint64_t silt_os_memory_room(void) {
  uint64_t space = os_room(RLIMIT_AS, 1), data = os_room(RLIMIT_DATA, 6);
  return space < data ? space : data;
}
