// SPDX-License-Identifier: Apache-2.0
//
// A program with a known heap: LIVE blocks of 48 bytes, allocated along STACKS different paths of
// about 30 frames; all of these appear in the profile, however few blocks are alive. It asks the
// profiler that it runs under for a dump when half of the blocks are alive, then, when all are, for
// DUMPS more, and prints the nanoseconds of each of these: so long its thread was stopped. Between
// two it allocates and frees, as a server does, which ends what a dump may have left.
//
// With `turns` in the place of DUMPS it goes on allocating for a few seconds, while dumps on an
// interval are made in turns, and prints the longest CPU time of one allocation and its free.
//
//   Live LIVE STACKS DUMPS|turns
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/paths.h"
#include "lib/times.h"

enum { BLOCK = 48, LEVELS = 12 };

static void allocate(void *slot) {
  char **block = slot;
  *block = malloc(BLOCK);
  if (!*block) abort();
  (*block)[0] = 1;
}

// Silt's dump signal; called only if a handler is installed.
static void dump_by_signal(void) {
  raise(SIGUSR2);
}

static int (*mallctl)(const char *, void *, size_t *, void *, size_t);
static void dump_by_jemalloc(void) {
  if (mallctl("prof.dump", NULL, NULL, NULL, 0)) abort();
}

static void (*profiler_dump)(const char *);
static void dump_by_tcmalloc(void) {
  profiler_dump("benchmark");
}

static void (*dump_of_this_profiler(void))(void) {
  *(void **)&mallctl = dlsym(RTLD_DEFAULT, "mallctl");
  *(void **)&profiler_dump = dlsym(RTLD_DEFAULT, "HeapProfilerDump");
  if (mallctl && getenv("MALLOC_CONF")) return dump_by_jemalloc;
  if (profiler_dump && getenv("HEAPPROFILE")) return dump_by_tcmalloc;
  struct sigaction action;
  sigaction(SIGUSR2, NULL, &action);
  return action.sa_handler == SIG_DFL ? NULL : dump_by_signal;
}

enum { TURNS_SECONDS = 5 };

static void allocate_during_turns(size_t stacks) {
  uint64_t longest = 0, end = wall_ns() + TURNS_SECONDS * UINT64_C(1000000000);
  for (size_t i = 0; wall_ns() < end; i++) {
    char *block;
    uint64_t start = thread_ns();
    path_walk(i % stacks, LEVELS, allocate, &block);
    free(block);
    uint64_t took = thread_ns() - start;
    if (took > longest) longest = took;
  }
  printf("%llu\n", (unsigned long long)longest);
}

static void allocate_and_free(size_t stacks) {
  for (size_t i = 0; i < stacks; i++) {
    char *block;
    path_walk(i, LEVELS, allocate, &block);
    free(block);
  }
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  size_t live = strtoul(argv[1], NULL, 10), stacks = strtoul(argv[2], NULL, 10);
  void (*dump)(void) = atoi(argv[3]) > 0 ? dump_of_this_profiler() : NULL;
  char **blocks = calloc(live, sizeof *blocks);
  for (size_t i = 0; i < live || i < stacks; i++) {
    char *gone;
    path_walk(i % stacks, LEVELS, allocate, i < live ? &blocks[i] : &gone);
    if (i >= live) free(gone);
    if (dump && i == live / 2) dump();
  }
  for (int i = 0; dump && i < atoi(argv[3]); i++) {
    if (i > 0) allocate_and_free(stacks);
    uint64_t start = wall_ns();
    dump();
    printf("%llu\n", (unsigned long long)(wall_ns() - start));
  }
  if (strcmp(argv[3], "turns") == 0) allocate_during_turns(stacks);
  for (size_t i = 0; i < live; i++) free(blocks[i]);
  free(blocks);
  return 0;
}
