// SPDX-License-Identifier: Apache-2.0
//
// A program for the oracle: threads allocate in two libraries that take turns at the same
// addresses, and in code that stays. libraries A.so B.so [ROUNDS]
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef uint64_t plugin(uint64_t (*)(void), uint64_t);

static pthread_rwlock_t loaded = PTHREAD_RWLOCK_INITIALIZER;
static plugin *current;
static bool stop;

static __attribute__((noinline)) uint64_t allocate(void) {
  void *block = malloc(100);
  if (block == NULL) abort();
  free(block);
  return 1;
}

static void *through_plugin(void *argument) {
  (void)argument;
  while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
    pthread_rwlock_rdlock(&loaded);
    for (uint64_t i = 0; i < 4 && current != NULL; i++) current(allocate, i);
    pthread_rwlock_unlock(&loaded);
  }
  return NULL;
}

static void *elsewhere(void *argument) {
  (void)argument;
  while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) allocate();
  return NULL;
}

static void replace(plugin *next) {
  pthread_rwlock_wrlock(&loaded);
  current = next;
  pthread_rwlock_unlock(&loaded);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  long rounds = argc > 3 ? atol(argv[3]) : 200;
  pthread_t threads[2];
  pthread_create(&threads[0], NULL, through_plugin, NULL);
  pthread_create(&threads[1], NULL, elsewhere, NULL);
  for (long i = 0; i < rounds; i++) {
    void *library = dlopen(argv[1 + i % 2], RTLD_NOW);
    if (library == NULL) return 2;
    plugin *next;
    *(void **)&next = dlsym(library, "plugin_call");
    replace(next);
    next(allocate, 1);
    replace(NULL);
    dlclose(library);
  }
  __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  return 0;
}
