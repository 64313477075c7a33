// SPDX-License-Identifier: Apache-2.0
//
// System calls that fail: what is left of the program's own state.
#define _GNU_SOURCE
#include "base/os.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "suite/suite.h"

// From here on the kernel refuses every rt_sigprocmask with this `how`.
static void refuse_signal_masks(unsigned how) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigprocmask, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, how, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
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
  refuse_signal_masks(SIG_BLOCK);
  silt_os_restore_signals(silt_os_block_signals());
  REQUIRE(mask() == own);
}

static void what_can_be_read_is_known(void) {
  char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(pages != MAP_FAILED && mprotect(pages + 4096, 4096, PROT_NONE) == 0);
  REQUIRE(silt_os_readable((uintptr_t)pages) && silt_os_readable((uintptr_t)pages + 4088));
  REQUIRE(!silt_os_readable((uintptr_t)pages + 4096) && !silt_os_readable(8));
}

SUITE({"os: a mask that could not be saved is not restored",
       mask_that_could_not_be_saved_is_not_restored},
      {"os: what can be read is known", what_can_be_read_is_known})
