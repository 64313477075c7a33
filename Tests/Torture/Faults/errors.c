// SPDX-License-Identifier: Apache-2.0
//
// From the manual pages, and what disks, quotas and seccomp filters add. A filter that forbids
// close leaves no way to give a descriptor back, so that is not tried.
#define _GNU_SOURCE
#include "errors.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#define FILTERED EPERM, ENOSYS

static const struct errors errors_table[] = {
    {SYS_openat,
     "openat",
     {FILTERED, EACCES, ENOENT, EMFILE, ENFILE, ENOSPC, EROFS, EEXIST, EIO, EINTR}},
    {SYS_close, "close", {EIO, EINTR, ENOSPC, EDQUOT}},
    {SYS_read, "read", {FILTERED, EIO, EINTR, ESRCH, ERRORS_NOTHING}},
    {SYS_pwrite64,
     "pwrite64",
     {FILTERED, ENOSPC, EDQUOT, EIO, EFBIG, EROFS, EINTR, ERRORS_NOTHING}},
    {SYS_ftruncate, "ftruncate", {FILTERED, ENOSPC, EFBIG, EIO, EINVAL, EINTR}},
    {SYS_fstat, "fstat", {FILTERED, ENOMEM, EOVERFLOW, EIO}},
    {SYS_newfstatat, "newfstatat", {FILTERED, ENOENT, EACCES, ENOMEM, EIO}},
    {439, "faccessat2", {FILTERED, EACCES, EROFS, EIO}},
    {SYS_faccessat, "faccessat", {FILTERED, EACCES, EROFS, EIO}},
    {SYS_mkdirat, "mkdirat", {FILTERED, EACCES, ENOSPC, EROFS, EDQUOT, ENOENT}},
    {SYS_renameat2, "renameat2", {FILTERED, EEXIST, EINVAL, ENOSPC, EACCES, EROFS, EIO}},
    {SYS_unlinkat, "unlinkat", {FILTERED, ENOENT, EACCES, EROFS, EIO}},
    {SYS_readlinkat, "readlinkat", {FILTERED, ENOENT, EACCES, ENOMEM}},
    {SYS_getcwd, "getcwd", {FILTERED, ENOENT, ERANGE}},
    {SYS_getdents64, "getdents64", {FILTERED, ENOENT, EIO, ERRORS_NOTHING}},
    {SYS_fstatfs, "fstatfs", {FILTERED, EIO, ENOMEM}},
    {SYS_fcntl, "fcntl", {FILTERED, EMFILE, EINVAL, EAGAIN}},
    {SYS_mmap, "mmap", {FILTERED, ENOMEM, EACCES, ENODEV, EAGAIN}},
    {SYS_mprotect, "mprotect", {FILTERED, ENOMEM, EACCES}},
    {SYS_munmap, "munmap", {FILTERED, ENOMEM, EINVAL}},
    {SYS_munlock, "munlock", {FILTERED, ENOMEM}},
    {SYS_madvise, "madvise", {FILTERED, ENOMEM, EINVAL, EAGAIN, EFAULT, ENOSPC}},
    {SYS_futex, "futex", {FILTERED, EFAULT, EAGAIN}},
    {SYS_clock_gettime, "clock_gettime", {FILTERED, EINVAL}},
    {SYS_getrandom, "getrandom", {FILTERED, EAGAIN, EINTR, ERRORS_NOTHING}},
    {SYS_rt_sigprocmask, "rt_sigprocmask", {FILTERED, EFAULT, EINVAL}},
    {SYS_rt_sigaction, "rt_sigaction", {FILTERED, EFAULT, EINVAL}},
    {SYS_prlimit64, "prlimit64", {FILTERED, ESRCH}},
    {SYS_kill, "kill", {FILTERED, ESRCH}},
    {SYS_getpid, "getpid", {FILTERED}},
    {SYS_gettid, "gettid", {FILTERED}},
    {SYS_geteuid, "geteuid", {FILTERED}},
    {SYS_getresuid, "getresuid", {FILTERED}},
    {SYS_sched_yield, "sched_yield", {FILTERED}},
    {SYS_process_vm_readv, "process_vm_readv", {FILTERED, EFAULT, ESRCH}},
};

const struct errors *errors_of(long number) {
  static struct errors other = {0, "other", {FILTERED}};
  for (unsigned i = 0; i < sizeof errors_table / sizeof *errors_table; i++)
    if (errors_table[i].number == number) return &errors_table[i];
  other.number = number;
  return &other;
}

const char *errors_name(int error) {
  return error == ERRORS_NOTHING ? "nothing" : strerrorname_np(error);
}
