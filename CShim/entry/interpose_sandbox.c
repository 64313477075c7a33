// SPDX-License-Identifier: Apache-2.0
//
// The two functions by which a program forbids itself system calls (seccomp). The kernel may kill
// it for any call that it did not foresee, and ours are such: so a thread that enters makes none
// from here on, nor do the threads that it makes, and where it takes all threads along, none does.
// The shim goes on with the memory that it has, and counts what it cannot record. Not seen: a
// filter that is installed past the symbols, by an instruction or a handle of libc itself, and one
// of a vfork child, whose memory is its parent's. Arguments, results and errno are those of the
// next function.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/os.h"
#include "dump/dump.h"
#include "entry/next.h"
#include "sample/unwind.h"
#include "session/owner.h"
#include "tables/tables.h"

enum sandbox_kind { SANDBOX_NONE, SANDBOX_THREAD, SANDBOX_STRICT, SANDBOX_ALL };

struct sandbox {
  enum sandbox_kind kind;
  struct silt_header *header;  // or NULL
};

// The session is made before, since it cannot be later. From here on nothing may tell how the
// process ends, and the session says so.
static struct sandbox sandbox_begin(enum sandbox_kind kind) {
  int saved = errno;
  struct sandbox sandbox = {kind, silt_tables_session()};
  uint32_t running = SILT_STATE_RUNNING;
  silt_tables_make_room(sandbox.header);
  if (sandbox.header) {
    silt_dump_end_unfinished(sandbox.header);
    silt_unwind_prove();
  }
  struct silt_os_signals signals = silt_os_block_signals();
  // Where calls are forbidden already, or there is no mark, it cannot be asked whose memory this
  // is.
  if (signals.known && silt_owner_claim() && !silt_owner_is_this_process())
    sandbox.kind = SANDBOX_NONE;
  else if (kind == SANDBOX_ALL)
    silt_os_stop_all();
  silt_os_restore_signals(signals);
  if (sandbox.kind != SANDBOX_NONE) {
    silt_os_stop(kind == SANDBOX_STRICT);
    if (sandbox.header)
      cas_acq_rel(&sandbox.header->state, &running, (uint32_t)SILT_STATE_SANDBOXED);
  }
  errno = saved;
  return sandbox;
}

static void sandbox_refused(struct sandbox sandbox) {
  uint32_t sandboxed = SILT_STATE_SANDBOXED;
  if (sandbox.kind == SANDBOX_NONE) return;
  silt_os_allow(sandbox.kind == SANDBOX_STRICT);
  if (sandbox.kind == SANDBOX_ALL) silt_os_allow_all();
  if (sandbox.header && !silt_os_has_sandboxes())
    cas_acq_rel(&sandbox.header->state, &sandboxed, (uint32_t)SILT_STATE_RUNNING);
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
  struct sandbox sandbox =
      sandbox_begin(a == SECCOMP_MODE_STRICT ? SANDBOX_STRICT : SANDBOX_THREAD);
  int result = silt_next.prctl(option, a, b, c, d);
  if (result == -1) sandbox_refused(sandbox);
  return result;
}

// ---- syscall

// What is called by the assembly below, which nothing else may do.
long silt_sandbox_syscall(long number, long a, long b, long c, long d, long e, long f) SILT_HIDDEN;
void *silt_sandbox_find(void) SILT_HIDDEN;
extern void *silt_sandbox_next SILT_HIDDEN;
void *silt_sandbox_next;

void *silt_sandbox_find(void) {
  silt_next_find();
  void *next = (void *)silt_next.syscall;
  if (!next) return (void *)silt_next_bare;
  store_relaxed(&silt_sandbox_next, next);
  return next;
}

// Numbers and operations are of 32 bits to the kernel, whatever stands above.
static enum sandbox_kind sandbox_kind(unsigned number, long a, long b) {
  if (number == SYS_prctl && (int)a == PR_SET_SECCOMP)
    return b == SECCOMP_MODE_STRICT ? SANDBOX_STRICT : SANDBOX_THREAD;
  if (number != SYS_seccomp) return SANDBOX_NONE;
  if ((unsigned)a == SECCOMP_SET_MODE_STRICT) return SANDBOX_STRICT;
  if ((unsigned)a != SECCOMP_SET_MODE_FILTER) return SANDBOX_NONE;
  return b & SECCOMP_FILTER_FLAG_TSYNC ? SANDBOX_ALL : SANDBOX_THREAD;
}

// Only for the two numbers that may be about seccomp.
long silt_sandbox_syscall(long number, long a, long b, long c, long d, long e, long f) {
  long (*next)(long, ...) = (long (*)(long, ...))silt_sandbox_find();
  enum sandbox_kind kind = sandbox_kind((unsigned)number, a, b);
  if (kind == SANDBOX_NONE) return next(number, a, b, c, d, e, f);
  struct sandbox sandbox = sandbox_begin(kind);
  long result = next(number, a, b, c, d, e, f);
  // Of all threads: the number of one that could not be taken along, unless a descriptor was asked
  // for.
  bool is_thread = kind == SANDBOX_ALL && result > 0 && !(b & SECCOMP_FILTER_FLAG_NEW_LISTENER);
  if (result == -1 || is_thread) sandbox_refused(sandbox);
  return result;
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
    "cmp $" SANDBOX_TEXT(__NR_seccomp) ", %edi\n"
    "je silt_sandbox_syscall\n"
    "cmp $" SANDBOX_TEXT(__NR_prctl) ", %edi\n"
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
    "jmp *%rax\n"
#else
    "cmp w0, #" SANDBOX_TEXT(__NR_seccomp) "\n"
    "b.eq silt_sandbox_syscall\n"
    "cmp w0, #" SANDBOX_TEXT(__NR_prctl) "\n"
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
    "mov x16, x0\n"
    "ldp x2, x3, [sp, #16]; ldp x4, x5, [sp, #32]; ldp x6, x30, [sp, #48]\n"
    ".cfi_restore x30\n"
    "ldp x0, x1, [sp], #80\n"
    ".cfi_adjust_cfa_offset -80\n"
    "br x16\n"
#endif
    ".cfi_endproc\n"
    ".size syscall, . - syscall\n");
