// SPDX-License-Identifier: Apache-2.0
//
// What one unwind costs by each unwinder, in one run and interleaved: ours, libunwind's
// unw_backtrace, and _Unwind_Backtrace of libgcc (linked statically). In ns: the mean of the middle
// half of single timings, the median of five rounds, and the rounds' extremes.
//   warm 10, warm 30   the same stack over and over, of 13 or 33 frames
//   varied 30          a new path through 64 functions each time
//   first              the first unwind of a new thread
//   two threads        varied, while another thread does the same
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unwind.h>

#include "unwind_cfi.h"

#define MAX_DEPTH 128
#define TIMINGS 10000
#define ROUNDS 5

typedef uint32_t unwinder(void);

static int (*libunwind_backtrace)(void **, int);

static __attribute__((noinline)) uint32_t by_silt(void) {
  uint64_t pcs[MAX_DEPTH];
  uint8_t end;
  return silt_cfi_unwind(pcs, MAX_DEPTH, &end);
}

static __attribute__((noinline)) uint32_t by_libunwind(void) {
  void *pcs[MAX_DEPTH];
  return (uint32_t)libunwind_backtrace(pcs, MAX_DEPTH);
}

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *argument) {
  uint64_t **next = argument;
  *(*next)++ = _Unwind_GetIP(context);
  return _URC_NO_REASON;
}

static __attribute__((noinline)) uint32_t by_libgcc(void) {
  uint64_t pcs[MAX_DEPTH], *next = pcs;
  _Unwind_Backtrace(step, &next);
  return (uint32_t)(next - pcs);
}

static const struct {
  const char *name;
  unwinder *unwind;
} unwinders[] = {
    {"silt cfi", by_silt}, {"unw_backtrace", by_libunwind}, {"_Unwind_Backtrace", by_libgcc}};
enum { UNWINDERS = 3 };

// A path through the functions, and what to do at its end.
struct path {
  uint64_t random;
  uint32_t depth;
  unwinder *unwind;
  uint64_t nanoseconds;
};

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static __attribute__((noinline)) void measure(struct path *path) {
  uint64_t start = now();
  path->unwind();
  path->nanoseconds = now() - start;
}

typedef void function(struct path *);
static function *const functions[64];

static __attribute__((noinline)) void descend(struct path *path) {
  if (path->depth-- == 0) {
    measure(path);
  } else {
    path->random = path->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    functions[path->random >> 58](path);
  }
  __asm__ volatile("");  // no tail call
}

// Frames of many shapes: sizes, saved registers, call sites.
#define F(n)                                                      \
  static __attribute__((noinline)) void f##n(struct path *path) { \
    volatile char pad[16 + (n) % 7 * 24];                         \
    pad[0] = (char)path->depth;                                   \
    if (path->random & 4) {                                       \
      descend(path);                                              \
      pad[1] = pad[0];                                            \
    } else if (path->random & 16) {                               \
      uint64_t keep = path->random ^ (uint64_t)pad[0];            \
      descend(path);                                              \
      pad[2] = (char)keep;                                        \
    } else {                                                      \
      descend(path);                                              \
      pad[3] = (char)n;                                           \
    }                                                             \
  }
#define F8(n) F(n##0) F(n##1) F(n##2) F(n##3) F(n##4) F(n##5) F(n##6) F(n##7)
#define N8(n) f##n##0, f##n##1, f##n##2, f##n##3, f##n##4, f##n##5, f##n##6, f##n##7
F8(1)
F8(2) F8(3) F8(4) F8(5) F8(6) F8(7) F8(8) static function *const functions[64] = {
    N8(1), N8(2), N8(3), N8(4), N8(5), N8(6), N8(7), N8(8)};

static int compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

// The clock ticks in steps of 10 ns or so: a mean is finer than a median.
static double middle(uint64_t *times, uint32_t count) {
  uint64_t sum = 0;
  qsort(times, count, sizeof times[0], compare);
  for (uint32_t i = count / 4; i < count - count / 4; i++) sum += times[i];
  return (double)sum / (count - count / 4 * 2);
}

static double run(unwinder *unwind, uint32_t depth, uint64_t vary, uint32_t count) {
  uint64_t *times = malloc(count * sizeof *times);
  for (uint32_t i = 0; i < count; i++) {
    struct path path = {.random = 42 + i * vary, .depth = depth, .unwind = unwind};
    descend(&path);
    times[i] = path.nanoseconds;
  }
  double result = middle(times, count);
  free(times);
  return result;
}

#define SHORT 3  // functions of each kind, which makes 13 frames
#define LONG 13
#define VARY UINT64_C(0x9e3779b97f4a7c15)

static double warm_short(unwinder *unwind) {
  return run(unwind, SHORT, 0, TIMINGS);
}

static double warm_long(unwinder *unwind) {
  return run(unwind, LONG, 0, TIMINGS);
}

static double varied(unwinder *unwind) {
  return run(unwind, LONG, VARY, TIMINGS);
}

static void *on_thread(void *path) {
  descend(path);
  return NULL;
}

static double first(unwinder *unwind) {
  uint64_t times[200];
  for (uint32_t i = 0; i < 200; i++) {
    struct path path = {.random = 42, .depth = LONG, .unwind = unwind};
    pthread_t thread;
    pthread_create(&thread, NULL, on_thread, &path);
    pthread_join(thread, NULL);
    times[i] = path.nanoseconds;
  }
  return middle(times, 200);
}

static atomic_bool stop;

static void *keep_busy(void *unwind) {
  while (!stop) run((unwinder *)unwind, LONG, VARY, 1000);
  return NULL;
}

static double two_threads(unwinder *unwind) {
  pthread_t other;
  stop = false;
  pthread_create(&other, NULL, keep_busy, (void *)unwind);
  double result = varied(unwind);
  stop = true;
  pthread_join(other, NULL);
  return result;
}

static const struct {
  const char *name;
  double (*measure)(unwinder *);
} measures[] = {{"warm 10", warm_short},
                {"warm 30", warm_long},
                {"varied 30", varied},
                {"first", first},
                {"two threads", two_threads}};

static uint32_t nothing(void) {
  return 0;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(void) {
  enum { MEASURES = sizeof measures / sizeof measures[0] };
  static double results[MEASURES][UNWINDERS][ROUNDS];
  void *libunwind = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  if (libunwind == NULL) {
    fprintf(stderr, "unwind: libunwind.so.8 is not there: apt install libunwind8\n");
    return 2;
  }
  *(void **)&libunwind_backtrace = dlsym(libunwind, "unw_backtrace");
  silt_cfi_init();
  for (int round = 0; round < ROUNDS; round++) {
    for (int m = 0; m < MEASURES; m++) {
      for (int u = 0; u < UNWINDERS; u++) {
        double clock = measures[m].measure(nothing);
        results[m][u][round] = measures[m].measure(unwinders[u].unwind) - clock;
      }
    }
  }
  printf("%-12s", "ns");
  for (int u = 0; u < UNWINDERS; u++) printf(" %26s", unwinders[u].name);
  printf("\n");
  for (int m = 0; m < MEASURES; m++) {
    printf("%-12s", measures[m].name);
    for (int u = 0; u < UNWINDERS; u++) {
      double *r = results[m][u];
      qsort(r, ROUNDS, sizeof r[0], ascending);
      printf(" %8.0f (%6.0f .. %6.0f)", r[ROUNDS / 2], r[0], r[ROUNDS - 1]);
    }
    printf("\n");
  }
}
