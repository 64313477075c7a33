// SPDX-License-Identifier: Apache-2.0
//
// swaps LIBSILT.SO A.so B.so: two libraries take turns at the same addresses, while threads
// allocate through whichever is loaded. Each allocates blocks of a size of its own: every stack of
// that size must name that library, and however often they come back, nothing may grow.
//
// The program runs itself as the recorded child, and reads the child's dump as silt_format.h
// describes it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>

#include "preloaded.h"

enum { ROUNDS = 300, SIZE_A = 1001, SIZE_B = 2002 };

// ---- what is recorded

typedef void *swapped(void);
static pthread_rwlock_t loaded = PTHREAD_RWLOCK_INITIALIZER;
static swapped *current;
static bool stop;

static void *allocate_all_the_time(void *argument) {
  while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
    pthread_rwlock_rdlock(&loaded);
    for (int i = 0; i < 20 && current; i++) free(current());
    pthread_rwlock_unlock(&loaded);
    free(malloc(500));
  }
  return argument;
}

static void set_current(void *library) {
  pthread_rwlock_wrlock(&loaded);
  *(void **)&current = library ? dlsym(library, "swapped_alloc") : NULL;
  pthread_rwlock_unlock(&loaded);
}

static int swap_all_the_time(char **libraries) {
  pthread_t threads[2];
  int reused = 0;
  for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, allocate_all_the_time, NULL);
  for (int round = 0; round < ROUNDS; round++) {
    static swapped *last;
    void *library = dlopen(libraries[round % 2], RTLD_NOW);
    REQUIRE(library);
    set_current(library);
    reused += current == last;
    last = current;
    for (int i = 0; i < 20; i++) free(last());
    set_current(NULL);
    REQUIRE(dlclose(library) == 0);
  }
  __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  return reused > ROUNDS / 2 ? 0 : 1;  // otherwise the test shows nothing
}

// ---- what the dump says

static const struct silt_header *dump;

static uint64_t elements(enum silt_region_kind kind) {
  return dump->regions[kind].used;
}

static const struct silt_module *module_of_leaf(uint32_t stack) {
  uint32_t word = *(const uint32_t *)preloaded_element(dump, SILT_REGION_STACKS, stack);
  if (word & SILT_WORD_LINK)
    return module_of_leaf(
        *(const uint32_t *)preloaded_element(dump, SILT_REGION_STACKS, stack - 1) &
        ~SILT_WORD_LINK);
  uint64_t frame = *(const uint64_t *)preloaded_element(dump, SILT_REGION_FRAMES, word);
  return preloaded_element(dump, SILT_REGION_MODULES, (frame >> SILT_FRAME_SHIFT) - 1);
}

static bool is_of(const struct silt_site *site, const char *library) {
  const struct silt_module *module = module_of_leaf(site->stack);
  return module->path_size == strlen(library) &&
         memcmp(preloaded_element(dump, SILT_REGION_STRINGS, module->path), library,
                module->path_size) == 0;
}

static uint64_t check_sites(uint64_t size, const char *library) {
  uint64_t count = 0;
  for (uint64_t i = 1; i < elements(SILT_REGION_SITES); i++) {
    const struct silt_site *site = preloaded_element(dump, SILT_REGION_SITES, i);
    if (!site->stack || site->size_class != silt_size_class(size)) continue;
    REQUIRE(is_of(site, library));
    count += site->alloc_objects;
  }
  REQUIRE(count >= ROUNDS / 2 * 20);
  return count;
}

static const char **swapped_libraries;
static uint64_t checked;

static void check_dump(const struct silt_header *file) {
  dump = file;
  checked = check_sites(SIZE_A, swapped_libraries[0]) + check_sites(SIZE_B, swapped_libraries[1]);
  // The program, libc, the loader, the shim, and the two; a stack has at most a dozen frames.
  REQUIRE(elements(SILT_REGION_MODULES) <= 7);
  REQUIRE(elements(SILT_REGION_STACKS) < 1000);
}

int main(int argc, char **argv) {
  // The child has the libraries only.
  if (argc == 2) return swap_all_the_time(argv);
  REQUIRE(argc == 4);
  swapped_libraries = (const char **)argv + 2;
  preloaded_begin();
  REQUIRE(preloaded_run(argv[1], argv[2], argv[3]) == 0);
  REQUIRE(preloaded_each(preloaded_folder, ".1.silt", check_dump) == 1);
  preloaded_end();
  printf("swaps: %lu stacks in %d swaps, none of the other library\n", checked, ROUNDS);
  return 0;
}
