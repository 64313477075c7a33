// SPDX-License-Identifier: Apache-2.0
//
// The two functions by which a program forbids itself system calls (seccomp). The kernel may kill
// it for any call that it did not foresee, and ours are such: so from here on the shim makes none.
// It goes on with the memory that it has, and counts what it cannot record. A filter that is
// installed by a system call instruction of the program's own is not seen. Arguments, results and
// errno are those of the next function.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/os.h"
#include "entry/next.h"
#include "session/owner.h"
#include "tables/tables.h"

// What was allowed before. A vfork child shares its parent's memory, but the sandbox is its own.
static enum silt_os_freedom sandbox_begin(bool is_strict) {
  int saved = errno;
  enum silt_os_freedom before = SILT_OS_NO_CALLS;
  if (silt_owner_is_this_process()) {
    silt_tables_make_room();
    before = silt_os_restrict(is_strict ? SILT_OS_NO_CLOCK : SILT_OS_NO_CALLS);
  }
  errno = saved;
  return before;
}

static long sandbox_end(enum silt_os_freedom before, long result) {
  if (result == -1 && before == SILT_OS_FREE) silt_os_restrict(SILT_OS_FREE);
  return result;
}

int prctl(int option, ...) {
  va_list list;
  va_start(list, option);
  unsigned long a = va_arg(list, unsigned long), b = va_arg(list, unsigned long),
                c = va_arg(list, unsigned long), d = va_arg(list, unsigned long);
  va_end(list);
  silt_next_find();
  if (!silt_next.prctl) return errno = ENOSYS, -1;
  if (option != PR_SET_SECCOMP) return silt_next.prctl(option, a, b, c, d);
  enum silt_os_freedom before = sandbox_begin(a == SECCOMP_MODE_STRICT);
  return (int)sandbox_end(before, silt_next.prctl(option, a, b, c, d));
}

long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long),
       d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
  va_end(list);
  silt_next_find();
  if (!silt_next.syscall) return errno = ENOSYS, -1;
  bool is_strict = (number == SYS_seccomp && a == SECCOMP_SET_MODE_STRICT) ||
                   (number == SYS_prctl && a == PR_SET_SECCOMP && b == SECCOMP_MODE_STRICT);
  bool is_filter = (number == SYS_seccomp && a == SECCOMP_SET_MODE_FILTER) ||
                   (number == SYS_prctl && a == PR_SET_SECCOMP && b == SECCOMP_MODE_FILTER);
  if (SILT_LIKELY(!is_strict && !is_filter)) return silt_next.syscall(number, a, b, c, d, e, f);
  enum silt_os_freedom before = sandbox_begin(is_strict);
  return sandbox_end(before, silt_next.syscall(number, a, b, c, d, e, f));
}
