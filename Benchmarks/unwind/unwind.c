// SPDX-License-Identifier: Apache-2.0
//
// What one unwind costs by each unwinder, in one run and interleaved: ours, libunwind's
// unw_backtrace, and _Unwind_Backtrace of libgcc (linked statically). Medians of one-unwind
// timings, in ns:
//   warm 10, warm 30   the same stack over and over, of 10 or 30 frames
//   varied 30          a new path through 64 functions each time
//   first              the first unwind of a new thread, 30 deep
//   two threads        varied 30, while another thread does the same
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

#include "cfi/walk.h"
#include "lib/paths.h"
#include "lib/times.h"

#define MAX_DEPTH 128
#define ROUNDS 20000

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

struct measurement {
  unwinder *unwind;
  uint64_t nanoseconds;
  uint32_t frames;
};

static void measure(void *argument) {
  struct measurement *m = argument;
  uint64_t start = wall_ns();
  m->frames = m->unwind();
  m->nanoseconds = wall_ns() - start;
}

static uint64_t clock_cost;

static double median(uint64_t *times, uint32_t count) {
  return times_median(times, count) - (double)clock_cost;
}

static double run(unwinder *unwind, uint32_t levels, uint64_t vary, uint32_t rounds,
                  uint32_t *frames) {
  uint64_t *times = malloc(ROUNDS * sizeof *times);
  for (uint32_t i = 0; i < rounds; i++) {
    struct measurement m = {.unwind = unwind};
    path_walk(42 + i * vary, levels, measure, &m);
    times[i] = m.nanoseconds;
    *frames = m.frames;
  }
  double result = median(times, rounds);
  free(times);
  return result;
}

static void *first_on_thread(void *argument) {
  path_walk(42, 12, measure, argument);
  return NULL;
}

static double first(unwinder *unwind) {
  uint64_t times[200];
  for (uint32_t i = 0; i < 200; i++) {
    struct measurement m = {.unwind = unwind};
    pthread_t thread;
    pthread_create(&thread, NULL, first_on_thread, &m);
    pthread_join(thread, NULL);
    times[i] = m.nanoseconds;
  }
  return median(times, 200);
}

static atomic_bool stop;

static void *keep_busy(void *unwind) {
  uint32_t frames;
  while (!stop) run((unwinder *)unwind, 13, 1, 1000, &frames);
  return NULL;
}

static double two_threads(unwinder *unwind) {
  pthread_t other;
  uint32_t frames;
  stop = false;
  pthread_create(&other, NULL, keep_busy, (void *)unwind);
  double result = run(unwind, 12, 1, ROUNDS, &frames);
  stop = true;
  pthread_join(other, NULL);
  return result;
}

static uint32_t nothing(void) {
  return 0;
}

int main(void) {
  void *libunwind = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  if (libunwind == NULL) {
    fprintf(stderr, "unwind: libunwind.so.8 is not installed (apt install libunwind8)\n");
    return 2;
  }
  *(void **)&libunwind_backtrace = dlsym(libunwind, "unw_backtrace");
  silt_cfi_init();
  uint32_t frames;
  clock_cost = (uint64_t)run(nothing, 1, 0, ROUNDS, &frames);
  printf("%-18s %9s %9s %9s %9s %9s\n", "ns per unwind", "warm 10", "warm 30", "varied 30", "first",
         "2 threads");
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < UNWINDERS; i++) {
      unwinder *u = unwinders[i].unwind;
      double warm10 = run(u, 2, 0, ROUNDS, &frames);
      uint32_t frames10 = frames;
      double warm30 = run(u, 12, 0, ROUNDS, &frames);
      double varied = run(u, 12, 1, ROUNDS, &frames);
      printf("%-18s %9.0f %9.0f %9.0f %9.0f %9.0f   (%u, %u frames)\n", unwinders[i].name, warm10,
             warm30, varied, first(u), two_threads(u), frames10, frames);
    }
  }
}
