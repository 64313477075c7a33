// SPDX-License-Identifier: Apache-2.0
//
// SIGUSR1 comes on the stack that is in use, SIGURG on the alternate one, SIGUSR2 is the shim's: a
// dump.
#define _GNU_SOURCE
#include "handlers.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "blocks.h"
#include "model.h"

static bool handlers_may_leave, handlers_stopped;
static int handlers_threads[HANDLERS_WORKERS];
static uint64_t handlers_left;
static __thread sigjmp_buf *handlers_to;
static __thread struct chance handlers_chance;

static void handlers_on(int signal) {
  (void)signal;
  int saved = errno;
  struct model_thread *t = &model_thread;
  if (!handlers_to || t->inside || t->handling) return;
  blocks_step_in_handler(&handlers_chance);
  errno = saved;
  if (!handlers_may_leave || !t->jumpable || chance_below(&handlers_chance, 3)) return;
  model_leave_call();
  __atomic_fetch_add(&handlers_left, 1, __ATOMIC_RELAXED);
  siglongjmp(*handlers_to, 1);
}

void handlers_install(bool may_leave) {
  handlers_may_leave = may_leave;
  struct sigaction action = {.sa_handler = handlers_on, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &action, NULL);
  action.sa_flags |= SA_ONSTACK;
  sigaction(SIGURG, &action, NULL);
}

static void handlers_mask(int how) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGURG);
  pthread_sigmask(how, &set, NULL);
}

void handlers_enter(unsigned worker, sigjmp_buf *exit, struct chance seed) {
  handlers_to = exit;
  handlers_chance = seed;
  __atomic_store_n(&handlers_threads[worker], (int)syscall(SYS_gettid), __ATOMIC_RELEASE);
  handlers_mask(SIG_UNBLOCK);
}

void handlers_exit(unsigned worker) {
  handlers_mask(SIG_BLOCK);
  __atomic_store_n(&handlers_threads[worker], 0, __ATOMIC_RELEASE);
}

void *handlers_pest(void *chance) {
  struct chance *c = chance;
  while (!__atomic_load_n(&handlers_stopped, __ATOMIC_ACQUIRE)) {
    int thread =
        __atomic_load_n(&handlers_threads[chance_below(c, HANDLERS_WORKERS)], __ATOMIC_ACQUIRE);
    unsigned choice = (unsigned)chance_below(c, 100);
    if (choice == 0)
      kill(getpid(), SIGUSR2);
    else if (thread)
      syscall(SYS_tgkill, getpid(), thread, choice & 1 ? SIGUSR1 : SIGURG);
    nanosleep(&(struct timespec){.tv_nsec = (long)chance_below(c, 100000)}, NULL);
  }
  return NULL;
}

void handlers_stop(bool stop) {
  __atomic_store_n(&handlers_stopped, stop, __ATOMIC_RELEASE);
}

uint64_t handlers_jumps(void) {
  return __atomic_load_n(&handlers_left, __ATOMIC_RELAXED);
}
