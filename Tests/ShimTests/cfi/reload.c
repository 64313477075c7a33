// SPDX-License-Identifier: Apache-2.0
//
// reload A.so B.so [ROUNDS [stale]]: two libraries take turns at the same addresses, while threads
// unwind through the one that is loaded and through code that stays. libgcc's unwinder, which has
// no cache, is the oracle. With `stale` our unwinder is not told of unloading: then it must fail,
// else the test shows nothing.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/objects.h"
#include "cfi/libgcc.h"
#include "cfi/walk.h"

typedef uint64_t plugin(uint64_t (*)(void), uint64_t);

static pthread_rwlock_t loaded = PTHREAD_RWLOCK_INITIALIZER;
static plugin *current;
static bool stop;
static uint64_t samples, wrong, early;

// Both start in this function, at different calls.
static __attribute__((noinline)) uint64_t sample(void) {
  void *truth[SILT_MAX_DEPTH];
  uint64_t pcs[SILT_MAX_DEPTH];
  uint8_t end;
  uint32_t depth = silt_cfi_unwind(pcs, SILT_MAX_DEPTH, &end);
  uint32_t true_depth = (uint32_t)libgcc_walk(truth, SILT_MAX_DEPTH);
  uint32_t common = 1;
  while (common < depth && common < true_depth && pcs[common] + 1 == (uint64_t)truth[common])
    common++;
  add_relaxed(&samples, 1);
  if (common == depth && end != SILT_END_COMPLETE) {
    add_relaxed(&early, 1);
  } else if (common != depth || depth != true_depth) {
    add_relaxed(&wrong, 1);
  }
  return depth;
}

static void *through_plugin(void *argument) {
  (void)argument;
  while (!load_relaxed(&stop)) {
    pthread_rwlock_rdlock(&loaded);
    for (uint64_t i = 0; i < 4 && current != NULL; i++) current(sample, i);
    pthread_rwlock_unlock(&loaded);
  }
  return NULL;
}

static void *elsewhere(void *argument) {
  (void)argument;
  while (!load_relaxed(&stop)) sample();
  return NULL;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  long rounds = argc > 3 ? atol(argv[3]) : 1000;
  bool stale = argc > 4 && strcmp(argv[4], "stale") == 0;
  pthread_t threads[2];
  uint64_t reused = 0, last = 0;
  silt_cfi_init();
  pthread_create(&threads[0], NULL, through_plugin, NULL);
  pthread_create(&threads[1], NULL, elsewhere, NULL);
  for (long i = 0; i < rounds; i++) {
    void *library = dlopen(argv[1 + i % 2], RTLD_NOW);
    if (library == NULL) return 2;
    pthread_rwlock_wrlock(&loaded);
    *(void **)&current = dlsym(library, "plugin_call");
    reused += (uint64_t)current == last;
    last = (uint64_t)current;
    pthread_rwlock_unlock(&loaded);
    current(sample, 1);
    pthread_rwlock_wrlock(&loaded);
    current = NULL;
    pthread_rwlock_unlock(&loaded);
    if (!stale) {
      silt_cfi_unload_begin();
      silt_objects_unload_begin();
    }
    dlclose(library);
    if (!stale) {
      silt_objects_unload_end();
      silt_cfi_unload_end();
    }
  }
  store_relaxed(&stop, true);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  printf("reload%s: %ld rounds, %lu at the same address; %lu stacks, %lu ended early, %lu wrong\n",
         stale ? " (untold)" : "", rounds, reused, samples, early, wrong);
  return wrong != 0 || reused < (uint64_t)rounds / 2;
}
