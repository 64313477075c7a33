// SPDX-License-Identifier: Apache-2.0
//
// forks LIBSILT.SO: a program whose signal handler forks at any instruction of its allocations. The
// children return from the handler and go on as the parent does. The parent's profile must hold
// what the parent holds.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "entry/preloaded.h"

enum { FORKS = 600, SIZE = 4001, HELD = 7 };

static pid_t (*fork_by)(void);
static volatile sig_atomic_t forks, is_child;

static void on_alarm(int signal) {
  (void)signal;
  pid_t child = fork_by();
  if (child == 0) is_child = 1;
  if (child > 0) {
    forks++;
    while (waitpid(child, NULL, 0) < 0) continue;
  }
}

static void *volatile block;

// Once, so that the program gets on in between.
static void ring_soon(void) {
  struct itimerval soon = {{0, 0}, {0, 20 + rand() % 50}};
  setitimer(ITIMER_REAL, &soon, NULL);
}

static int run(const char *how) {
  int seen = -1;
  fork_by = strcmp(how, "_Fork") == 0 ? _Fork : fork;
  for (int i = 0; i < HELD; i++) block = malloc(SIZE);
  signal(SIGALRM, on_alarm);
  while (forks < FORKS) {
    int now = forks;
    if (seen != now) ring_soon();
    seen = now;
    block = malloc(SIZE);
    free(block);
    // Without a dump: there is to be one file, the parent's.
    if (is_child) syscall(SYS_exit_group, 0);
  }
  return 0;
}

static int held;

static void look(const struct silt_header *file) {
  for (uint64_t i = 0; i < file->regions[SILT_REGION_LIVE].used; i++) {
    const struct silt_live *live = preloaded_element(file, SILT_REGION_LIVE, i);
    held += (live->size48_check16 & SILT_SIZE_MASK) == SIZE;
  }
}

static int check(const char *shim, const char *how) {
  held = 0;
  preloaded_begin();
  int status = preloaded_run(shim, "forks", how);
  int dumps = preloaded_each(preloaded_folder, ".1.silt", look);
  preloaded_end();
  if (status || dumps != 1 || held != HELD)
    printf("forks: %s: status %x, %d dumps, %d blocks, not %d\n", how, status, dumps, held, HELD);
  return status || dumps != 1 || held != HELD;
}

int main(int argc, char **argv) {
  if (strcmp(argv[0], "forks") == 0) return run(argv[argc - 1]);
  REQUIRE(argc > 1);
  if (check(argv[1], "fork") + check(argv[1], "_Fork")) return 1;
  printf("forks: %d in a signal handler leave the parent's profile exact\n", 2 * FORKS);
  return 0;
}
