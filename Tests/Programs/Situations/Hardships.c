// SPDX-License-Identifier: Apache-2.0
//
// Allocates under a hardship of the programs that live in the wild, and prints what its function
// has allocated, for a profile of every allocation to be compared with. Ends with status 0 if
// nothing else was amiss.
//
//   Hardships NAME
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "../KnownAnswers/truth.h"

extern char **environ;

ANSWER static void *hardship_allocates(size_t size) {
  void *address = malloc(size);
  if (address != NULL) truth_allocated("hardship_allocates", size);
  return address;
}

static void keep_some(void) {
  for (size_t i = 0; i < 20; i++) hardship_allocates(100 + i);
}

static void limit(int resource, rlim_t most) {
  struct rlimit limit = {most, most};
  if (setrlimit(resource, &limit) != 0) exit(3);
}

static bool ended_well(pid_t child) {
  int status;
  return waitpid(child, &status, 0) == child && status == 0;
}

// None can be had.
static bool no_files(void) {
  limit(RLIMIT_NOFILE, 0);
  keep_some();
  return true;
}

static bool little_space(void) {
  limit(RLIMIT_AS, 24 << 20);
  keep_some();
  return true;
}

// What is opened next must be 0, as it would be without a profiler.
static bool standard_streams_closed(void) {
  int output = fcntl(1, F_DUPFD_CLOEXEC, 100);
  for (int fd = 0; fd < 3; fd++) close(fd);
  keep_some();
  bool same = open("/dev/null", O_RDWR) == 0;
  return dup2(output, 1) == 1 && same;
}

static bool everything_closed(void) {
  keep_some();
  bool closed = close_range(3, ~0U, 0) == 0;
  keep_some();
  return closed && open("/dev/null", O_RDONLY) == 3;
}

static int become_true(void *unused) {
  (void)unused;
  execl("/bin/true", "true", NULL);
  _exit(1);
}

static pid_t by_vfork(void) {
  pid_t child = vfork();
  if (child == 0) become_true(NULL);
  return child;
}

static pid_t by_clone(void) {
  static char stack[1 << 16];
  return clone(become_true, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
}

static pid_t by_spawn(void) {
  char *arguments[] = {"true", NULL};
  pid_t child = -1;
  return posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environ) == 0 ? child : -1;
}

static bool children_in_our_memory(void) {
  for (int i = 0; i < 20; i++) {
    if (!ended_well(by_vfork()) || !ended_well(by_clone()) || !ended_well(by_spawn())) return false;
    keep_some();
  }
  return true;
}

static void *allocate_once(void *unused) {
  keep_some();
  return unused;
}

static bool smallest_stacks(void) {
  pthread_attr_t smallest;
  pthread_attr_init(&smallest);
  pthread_attr_setstacksize(&smallest, PTHREAD_STACK_MIN);
  for (int i = 0; i < 50; i++) {
    pthread_t thread;
    if (pthread_create(&thread, &smallest, allocate_once, NULL) != 0) return false;
    pthread_join(thread, NULL);
  }
  return true;
}

static void *allocate_until_cancelled(void *unused) {
  for (;;) {
    free(malloc(1000));
    pthread_testcancel();
  }
  return unused;
}

static bool cancelled_threads(void) {
  for (int i = 0; i < 100; i++) {
    pthread_t thread;
    void *result;
    if (pthread_create(&thread, NULL, allocate_until_cancelled, NULL) != 0) return false;
    keep_some();
    if (pthread_cancel(thread) != 0 || pthread_join(thread, &result) != 0) return false;
    if (result != PTHREAD_CANCELED) return false;
  }
  return true;
}

static ucontext_t outside, fiber;

static void run_fiber(void) {
  for (;;) {
    keep_some();
    swapcontext(&fiber, &outside);
  }
}

static bool small_fiber(void) {
  static char stack[1 << 14];
  getcontext(&fiber);
  fiber.uc_stack.ss_sp = stack;
  fiber.uc_stack.ss_size = sizeof stack;
  makecontext(&fiber, run_fiber, 0);
  for (int i = 0; i < 20; i++) {
    swapcontext(&outside, &fiber);
    keep_some();
  }
  return true;
}

static void allocate_in_handler(int signal) {
  (void)signal;
  keep_some();
}

static bool alternate_stack(void) {
  stack_t stack = {.ss_sp = malloc((size_t)SIGSTKSZ), .ss_size = (size_t)SIGSTKSZ};
  struct sigaction action = {.sa_handler = allocate_in_handler, .sa_flags = SA_ONSTACK};
  if (sigaltstack(&stack, NULL) != 0 || sigaction(SIGUSR1, &action, NULL) != 0) return false;
  for (int i = 0; i < 20; i++) raise(SIGUSR1);
  return true;
}

// Before any constructor, those of preloaded libraries too.
static void before_constructors(int argc, char **argv, char **environment) {
  (void)environment;
  if (argc > 1 && strcmp(argv[1], "early") == 0) keep_some();
}

__attribute__((section(".preinit_array"),
               used)) static void (*const early[])(int, char **, char **) = {before_constructors};

// The first sample of the program is made by a child in our memory, which then goes on elsewhere.
static bool vfork_first(void) {
  pid_t child = vfork();
  if (child == 0) {
    void *volatile block = malloc(1000);
    free(block);
    execl("/bin/true", "true", (char *)NULL);
    _exit(1);
  }
  keep_some();
  return ended_well(child);
}

static bool nothing_more(void) {
  return true;
}

static const struct {
  const char *name;
  bool (*endure)(void);
} hardships[] = {
    {"no-files", no_files},
    {"little-space", little_space},
    {"streams-closed", standard_streams_closed},
    {"all-closed", everything_closed},
    {"children", children_in_our_memory},
    {"small-stacks", smallest_stacks},
    {"cancelled", cancelled_threads},
    {"fiber", small_fiber},
    {"alternate-stack", alternate_stack},
    {"early", nothing_more},
    {"vfork-first", vfork_first},
};

int main(int argc, char **argv) {
  for (size_t i = 0; argc > 1 && i < sizeof hardships / sizeof *hardships; i++) {
    if (strcmp(argv[1], hardships[i].name) != 0) continue;
    bool well = hardships[i].endure();
    truth_print();
    return well ? 0 : 1;
  }
  return 2;
}
