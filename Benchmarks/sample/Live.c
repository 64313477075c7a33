// SPDX-License-Identifier: Apache-2.0
//
// A program with a known heap: LIVE blocks of 48 bytes, allocated along STACKS different paths of
// about 30 frames, all of which appear in the profile whatever is alive. It has whichever profiler
// it runs under dump itself when half of them are alive; then, when all are, DUMPS times, and
// prints the nanoseconds that each of those took: for so long its thread stood still.
//
//   Live LIVE STACKS DUMPS
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/paths.h"

enum { BLOCK = 48, LEVELS = 12 };

static void allocate(void *slot) {
  char **block = slot;
  *block = malloc(BLOCK);
  if (!*block) abort();
  (*block)[0] = 1;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

// Silt's signal is ignored where there is no Silt.
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
    double start = now();
    dump();
    printf("%.0f\n", now() - start);
  }
  for (size_t i = 0; i < live; i++) free(blocks[i]);
  free(blocks);
  return 0;
}
