// SPDX-License-Identifier: Apache-2.0
//
// unannounced BROKEN.so A.so B.so [ROUNDS]: libraries come and go without a word to the table that
// stands in for _dl_find_object: dlopens that fail half way, and dlcloses that it is not told of. A
// and B take turns at the same addresses; their unwind tables must not be alike. Meanwhile threads
// ask for addresses of code that stays and of memory that is no code. No answer may be wrong, and
// when all is quiet each must be that of _dl_find_object.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/listed.h"

static uint64_t anonymous;  // pages that are no object's
static bool stop;
static uint64_t asked, wrong;

static void require(bool right) {
  if (!right) add_relaxed(&wrong, 1);
}

static void *ask(void *argument) {
  struct silt_object object;
  uint64_t here = (uintptr_t)&ask, libc = (uintptr_t)&qsort;
  while (!load_relaxed(&stop)) {
    require(silt_listed_find(here, &object) && object.start <= here && here < object.end);
    require(silt_listed_find(libc, &object) && strstr(object.name, "libc.so.6"));
    require(!silt_listed_find(anonymous, &object));
    add_relaxed(&asked, 3);
  }
  return argument;
}

// At both ends of each mapping of the process.
static void compare(void) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[4096];
  for (unsigned long from, to; maps && fgets(line, sizeof line, maps);) {
    if (sscanf(line, "%lx-%lx", &from, &to) != 2 || strstr(line, "[vsyscall]")) continue;
    for (int i = 0; i < 2; i++) {
      struct dl_find_object theirs;
      struct silt_object ours;
      uint64_t address = i ? to - 1 : from;
      bool found = _dl_find_object((void *)address, &theirs) == 0;
      require(silt_listed_find(address, &ours) == found);
      if (!found || !silt_listed_find(address, &ours)) continue;
      require(ours.bias == theirs.dlfo_link_map->l_addr &&
              ours.unwind_table == theirs.dlfo_eh_frame &&
              ours.name == theirs.dlfo_link_map->l_name);
    }
  }
  if (maps) fclose(maps);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  long rounds = argc > 4 ? atol(argv[4]) : 1000, failed = 0;
  uint64_t reused = 0, last = 0;
  pthread_t threads[2];
  anonymous = (uintptr_t)mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  compare();
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, ask, NULL);
  for (long i = 0; i < rounds; i++) {
    failed += !dlopen(argv[1], RTLD_NOW);
    void *library = dlopen(argv[2 + i % 2], RTLD_NOW);
    if (!library) return 2;
    uint64_t inside = (uintptr_t)dlsym(library, "plugin_call");
    reused += inside == last;
    last = inside;
    struct silt_object object;
    require(silt_listed_find(inside, &object) && !strcmp(object.name, argv[2 + i % 2]));
    if (i % 100 == 0) compare();
    dlclose(library);
    if (i % 100 == 0) compare();
  }
  store_relaxed(&stop, true);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  printf(
      "unannounced: %ld rounds, %ld failed dlopens, %lu at the same address; %lu asked, %lu "
      "wrong\n",
      rounds, failed, reused, asked, wrong);
  return wrong != 0 || failed != rounds;
}
