// SPDX-License-Identifier: Apache-2.0
//
// The two functions by which a program forbids itself system calls (seccomp). The kernel may kill
// it for any call that it did not foresee, and ours are such: so from here on the shim makes none.
// It goes on with the memory that it has, and counts what it cannot record. Not seen: a filter that
// is installed by a system call instruction of the program's own, and one of a vfork child, whose
// memory is its parent's. Arguments, results and errno are those of the next function.
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

struct sandbox {
  struct silt_header *header;  // or NULL
  bool stopped;
  bool is_strict;
};

// The shim makes its session before, since it cannot later. Whose memory this is can be asked only
// where no other thread enters a sandbox at this moment. From here on nothing may tell how the
// process ends, and the session says so.
static struct sandbox sandbox_begin(bool is_strict) {
  int saved = errno;
  struct silt_header *header = silt_tables_session();
  silt_tables_make_room(header);
  struct silt_os_signals signals = silt_os_block_signals();
  bool own = !signals.known || silt_owner_is_this_process();
  silt_os_restore_signals(signals);
  uint32_t running = SILT_STATE_RUNNING;
  if (own) silt_os_stop(is_strict);
  if (own && header) cas_acq_rel(&header->state, &running, (uint32_t)SILT_STATE_SANDBOXED);
  errno = saved;
  return (struct sandbox){header, own, is_strict};
}

static long sandbox_end(struct sandbox sandbox, long result) {
  uint32_t sandboxed = SILT_STATE_SANDBOXED;
  if (result != -1 || !sandbox.stopped) return result;
  silt_os_stop_failed(sandbox.is_strict);
  if (sandbox.header && !silt_os_is_stopped())
    cas_acq_rel(&sandbox.header->state, &sandboxed, (uint32_t)SILT_STATE_RUNNING);
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
  struct sandbox sandbox = sandbox_begin(a == SECCOMP_MODE_STRICT);
  return (int)sandbox_end(sandbox, silt_next.prctl(option, a, b, c, d));
}

// ---- syscall

// What is called by the assembly below, which nothing else may do.
long silt_sandbox_syscall(long number, long a, long b, long c, long d, long e, long f) SILT_HIDDEN;
void silt_sandbox_find(void) SILT_HIDDEN;
extern void *silt_sandbox_next SILT_HIDDEN;
void *silt_sandbox_next;

static long sandbox_unknown(long number, ...) {
  (void)number;
  errno = ENOSYS;
  return -1;
}

void silt_sandbox_find(void) {
  silt_next_find();
  void *next = (void *)silt_next.syscall;
  store_relaxed(&silt_sandbox_next, next ? next : (void *)sandbox_unknown);
}

// Only for the two numbers that may be about seccomp.
long silt_sandbox_syscall(long number, long a, long b, long c, long d, long e, long f) {
  silt_sandbox_find();
  long (*next)(long, ...) = (long (*)(long, ...))load_relaxed(&silt_sandbox_next);
  bool is_strict = (number == SYS_seccomp && a == SECCOMP_SET_MODE_STRICT) ||
                   (number == SYS_prctl && a == PR_SET_SECCOMP && b == SECCOMP_MODE_STRICT);
  bool is_filter = (number == SYS_seccomp && a == SECCOMP_SET_MODE_FILTER) ||
                   (number == SYS_prctl && a == PR_SET_SECCOMP && b == SECCOMP_MODE_FILTER);
  if (!is_strict && !is_filter) return next(number, a, b, c, d, e, f);
  struct sandbox sandbox = sandbox_begin(is_strict);
  return sandbox_end(sandbox, next(number, a, b, c, d, e, f));
}

// All other numbers by a jump: a system call that returns twice on one stack, such as vfork, must
// not find a frame of ours there.
#define SANDBOX_TEXT_(x) #x
#define SANDBOX_TEXT(x) SANDBOX_TEXT_(x)
__asm__(
    ".text\n"
    ".globl syscall\n"
    ".type syscall, %function\n"
    "syscall:\n"
    ".cfi_startproc\n"
#if defined(__x86_64__)
    "cmp $" SANDBOX_TEXT(__NR_seccomp) ", %rdi\n"
    "je silt_sandbox_syscall\n"
    "cmp $" SANDBOX_TEXT(__NR_prctl) ", %rdi\n"
    "je silt_sandbox_syscall\n"
    "mov silt_sandbox_next(%rip), %rax\n"
    "test %rax, %rax\n"
    "jz 1f\n"
    "jmp *%rax\n"
    "1: push %rdi; push %rsi; push %rdx; push %rcx; push %r8; push %r9; sub $8, %rsp\n"
    ".cfi_adjust_cfa_offset 56\n"
    "call silt_sandbox_find\n"
    "add $8, %rsp; pop %r9; pop %r8; pop %rcx; pop %rdx; pop %rsi; pop %rdi\n"
    ".cfi_adjust_cfa_offset -56\n"
    "jmp *silt_sandbox_next(%rip)\n"
#else
    "cmp x0, #" SANDBOX_TEXT(__NR_seccomp) "\n"
    "b.eq silt_sandbox_syscall\n"
    "cmp x0, #" SANDBOX_TEXT(__NR_prctl) "\n"
    "b.eq silt_sandbox_syscall\n"
    "adrp x16, silt_sandbox_next\n"
    "ldr x16, [x16, :lo12:silt_sandbox_next]\n"
    "cbz x16, 1f\n"
    "br x16\n"
    "1: stp x0, x1, [sp, #-80]!\n"
    ".cfi_adjust_cfa_offset 80\n"
    "stp x2, x3, [sp, #16]; stp x4, x5, [sp, #32]; stp x6, x30, [sp, #48]\n"
    ".cfi_rel_offset x30, 56\n"
    "bl silt_sandbox_find\n"
    "ldp x2, x3, [sp, #16]; ldp x4, x5, [sp, #32]; ldp x6, x30, [sp, #48]\n"
    "ldp x0, x1, [sp], #80\n"
    ".cfi_adjust_cfa_offset -80\n"
    "adrp x16, silt_sandbox_next\n"
    "ldr x16, [x16, :lo12:silt_sandbox_next]\n"
    "br x16\n"
#endif
    ".cfi_endproc\n"
    ".size syscall, . - syscall\n");
