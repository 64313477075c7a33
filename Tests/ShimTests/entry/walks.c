// SPDX-License-Identifier: Apache-2.0
//
// walks LIBSILT.SO: the same allocations and creations of threads, recorded with each of the three
// unwinders in turn. Every stack must hold the callers that the program itself noted, and be the
// same with all three.
//
// The program runs itself as the recorded child. It is linked at a fixed address, so that it knows
// the child's addresses, and reads the child's dump as silt_format.h describes it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <threads.h>
#include <unistd.h>

#include "preloaded.h"

// ---- what is recorded

enum { DEPTH = 6, MOST_FRAMES = SILT_MAX_DEPTH };

// The return addresses of the functions below, outermost first.
static uint64_t noted[DEPTH + 1];
static uint32_t notes;
#define NOTE() (noted[notes++] = (uint64_t)__builtin_return_address(0) - 1)

static void *volatile kept;

static __attribute__((noinline)) void by_malloc(size_t size) {
  NOTE();
  kept = malloc(size);
}

static __attribute__((noinline)) void by_calloc(size_t size) {
  NOTE();
  kept = calloc(1, size);
}

static __attribute__((noinline)) void by_realloc(size_t size) {
  NOTE();
  kept = realloc(NULL, size);
}

static __attribute__((noinline)) void by_reallocarray(size_t size) {
  NOTE();
  kept = reallocarray(NULL, 1, size);
}

static __attribute__((noinline)) void by_posix_memalign(size_t size) {
  NOTE();
  void *block;
  REQUIRE(posix_memalign(&block, 64, size) == 0);
  kept = block;
}

// Found by dlsym, because the parent, which has no shim, does not have it.
static __attribute__((noinline)) void by_operator_new(size_t size) {
  NOTE();
  void *(*operator_new)(size_t) = (void *(*)(size_t))dlsym(RTLD_DEFAULT, "_Znwm");
  if (operator_new) kept = operator_new(size);
}

static __attribute__((noinline)) void by_mallocx(size_t size) {
  NOTE();
  void *(*mallocx)(size_t, int) = (void *(*)(size_t, int))dlsym(RTLD_DEFAULT, "mallocx");
  if (mallocx) kept = mallocx(size, 0);
}

static void *wait_for_the_end(void *argument) {
  for (;;) pause();
  return argument;
}

static int wait_for_the_end_too(void *argument) {
  for (;;) pause();
  return argument != NULL;
}

static __attribute__((noinline)) void by_pthread_create(size_t size) {
  NOTE();
  pthread_t thread;
  REQUIRE(size == 0 && pthread_create(&thread, NULL, wait_for_the_end, NULL) == 0);
}

static __attribute__((noinline)) void by_thrd_create(size_t size) {
  NOTE();
  thrd_t thread;
  REQUIRE(size == 0 && thrd_create(&thread, wait_for_the_end_too, NULL) == thrd_success);
}

// How a record is found in the dump: a block by its size, a thread by its routine.
static const struct {
  const char *name;
  void (*call)(size_t);
  uint64_t size;
  uint64_t routine;
} events[] = {{"malloc", by_malloc, 70001, 0},
              {"calloc", by_calloc, 70002, 0},
              {"realloc", by_realloc, 70003, 0},
              {"reallocarray", by_reallocarray, 70004, 0},
              {"posix_memalign", by_posix_memalign, 70005, 0},
              {"operator new", by_operator_new, 70006, 0},
              {"mallocx", by_mallocx, 70007, 0},
              {"pthread_create", by_pthread_create, 0, (uint64_t)wait_for_the_end},
              {"thrd_create", by_thrd_create, 0, (uint64_t)wait_for_the_end_too}};
enum { EVENTS = sizeof events / sizeof events[0] };

static __attribute__((noinline)) void descend(unsigned depth, unsigned event) {
  NOTE();
  if (depth > 1)
    descend(depth - 1, event);
  else
    events[event].call(events[event].size);
}

// noinline: the call in here must have the same address in parent and child.
static __attribute__((noinline)) void run(unsigned event) {
  notes = 0;
  descend(DEPTH, event);
}

// ---- what the dump says

struct walk {
  uint64_t pcs[MOST_FRAMES];  // of this program alone, leaf first
  uint32_t depth;
  uint8_t end;
};

static const struct silt_header *dump;

static uint64_t elements(enum silt_region_kind kind) {
  return dump->regions[kind].used;
}

static uint32_t stack_of(unsigned event) {
  for (uint64_t i = 0; events[event].size && i < elements(SILT_REGION_LIVE); i++) {
    const struct silt_live *live = preloaded_element(dump, SILT_REGION_LIVE, i);
    if ((live->size48_check16 & SILT_SIZE_MASK) != events[event].size) continue;
    return ((const struct silt_site *)preloaded_element(dump, SILT_REGION_SITES, live->site))
        ->stack;
  }
  for (uint64_t i = 0; events[event].routine && i < elements(SILT_REGION_THREADS); i++) {
    const struct silt_thread_record *thread = preloaded_element(dump, SILT_REGION_THREADS, i);
    if (thread->routine == events[event].routine) return thread->stack;
  }
  printf("walks: %s was not recorded\n", events[event].name);
  exit(1);
}

static uint64_t pc_of(uint32_t frame) {
  uint64_t word = *(const uint64_t *)preloaded_element(dump, SILT_REGION_FRAMES, frame);
  uint64_t module = word >> SILT_FRAME_SHIFT, address = word & SILT_FRAME_MASK;
  if (module == SILT_FRAME_BARE) return address;
  return address +
         ((const struct silt_module *)preloaded_element(dump, SILT_REGION_MODULES, module - 1))
             ->bias;
}

static void read_walk(unsigned event, struct walk *walk) {
  extern const char __executable_start[], etext[];
  uint32_t at = stack_of(event);
  walk->depth = 0;
  while (at >= SILT_STACK_ROOTS) {
    uint32_t word = *(const uint32_t *)preloaded_element(dump, SILT_REGION_STACKS, at--);
    if (word & SILT_WORD_LINK) {
      at = *(const uint32_t *)preloaded_element(dump, SILT_REGION_STACKS, at) & ~SILT_WORD_LINK;
      continue;
    }
    uint64_t pc = pc_of(word);
    if (pc >= (uint64_t)__executable_start && pc < (uint64_t)etext) walk->pcs[walk->depth++] = pc;
  }
  REQUIRE(silt_root_tier(at) == SILT_TIER_WHOLE);
  walk->end = (uint8_t)silt_root_end(at);
}

// ---- the three of them

static const struct {
  const char *name;
  uint32_t mode;
  uint8_t end;
} unwinders[] = {{"cfi", SILT_UNWIND_CFI, SILT_END_COMPLETE},
                 {"fp", SILT_UNWIND_FP, SILT_END_COMPLETE | SILT_END_GUESSED},
                 {"libunwind", SILT_UNWIND_LIBUNWIND, SILT_END_COMPLETE}};
enum { UNWINDERS = sizeof unwinders / sizeof unwinders[0] };

static struct walk walks[UNWINDERS][EVENTS];
static unsigned recorded;  // by which of them

static void read_walks(const struct silt_header *file) {
  dump = file;
  REQUIRE(dump->unwind == unwinders[recorded].mode);
  for (unsigned event = 0; event < EVENTS; event++) read_walk(event, &walks[recorded][event]);
}

static void record(const char *shim) {
  preloaded_begin();
  setenv("SILT_UNWIND", unwinders[recorded].name, 1);
  REQUIRE(preloaded_run(shim, "walks", "") == 0);
  REQUIRE(preloaded_each(preloaded_folder, ".1.silt", read_walks) == 1);
  preloaded_end();
}

static int fail(const char *event, const char *unwinder, const char *why, const struct walk *walk) {
  printf("walks: %s by %s: %s\n", event, unwinder, why);
  for (uint32_t i = 0; i < walk->depth; i++) printf("  %2u %lx\n", i, walk->pcs[i]);
  for (uint32_t i = notes; i-- > 0;) printf("  noted %lx\n", noted[i]);
  return 1;
}

// Leaf, the noted ones, and the caller of run(). What is above main is libc's, which keeps no frame
// pointers.
static uint32_t common(void) {
  return notes + 2;
}

static bool holds_the_noted(const struct walk *walk) {
  if (walk->depth < common()) return false;
  for (uint32_t i = 0; i < notes; i++)
    if (walk->pcs[1 + i] != noted[notes - 1 - i]) return false;
  return true;
}

static bool same(const struct walk *a, const struct walk *b) {
  return a->depth >= common() && memcmp(a->pcs, b->pcs, common() * sizeof a->pcs[0]) == 0;
}

static int compare(unsigned event) {
  int failures = 0;
  run(event);
  for (unsigned i = 0; i < UNWINDERS; i++) {
    const struct walk *walk = &walks[i][event];
    const char *why = !holds_the_noted(walk)          ? "a caller is missing"
                      : !same(walk, &walks[0][event]) ? "differs from the first"
                      : walk->end != unwinders[i].end ? "ended otherwise"
                                                      : NULL;
    if (why) failures += fail(events[event].name, unwinders[i].name, why, walk);
  }
  return failures;
}

int main(int argc, char **argv) {
  REQUIRE(argc == 2);
  if (!*argv[1]) {
    for (unsigned event = 0; event < EVENTS; event++) run(event);
    return 0;  // the dump at exit has the blocks and the threads, which are all still there
  }
  int failures = 0;
  for (recorded = 0; recorded < UNWINDERS; recorded++) record(argv[1]);
  for (unsigned event = 0; event < EVENTS; event++) failures += compare(event);
  if (!failures) printf("walks: %d events, the same by %d unwinders\n", EVENTS, UNWINDERS);
  return failures != 0;
}
