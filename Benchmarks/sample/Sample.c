// SPDX-License-Identifier: Apache-2.0
//
// What one sample costs, by part. Prints a line `part nanoseconds` for each, medians with the clock
// taken off.
//
//   Sample sample KIND LEVELS LIVE   KIND: warm (one stack), varied (one of 4096, at random),
//                                    new (each stack met for the first time), apart (varied, with
//                                    2,000 pairs of malloc and free between two samples, as at the
//                                    default interval: caches and branch predictors forget)
//   Sample free KIND LIVE            KIND: scattered, neighbours: blocks that were never sampled
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/paths.h"
#include "lib/times.h"
#include "parts.h"

enum { SAMPLES = 10000, STACKS = 4096, FREES = 1 << 20, PASSES = 5, OLD = 512 };

static const char *const names[PARTS] = {"unwind", "site",   "live", "ring",
                                         "remove", "sample", "free"};

static double clock_cost(void) {
  static uint64_t times[SAMPLES];
  for (int i = 0; i < SAMPLES; i++) {
    times[i] = wall_ns();
    times[i] = wall_ns() - times[i];
  }
  // The mean of the middle half: on some machines the clock's resolution is coarser than its cost.
  double sum = 0;
  times_sort(times, SAMPLES);
  for (int i = SAMPLES / 4; i < SAMPLES * 3 / 4; i++) sum += (double)times[i];
  return sum / (SAMPLES / 2);
}

// Addresses between those of parts_fill, but none of these.
static uint64_t never_sampled(uint64_t i) {
  return parts_address((UINT64_C(1) << 32) + i);
}

static void allocate(void) {
  for (size_t i = 0; i < 2000; i++) {
    char *volatile p = malloc(16 + i * 37 % 497);
    free(p);
  }
}

static void measure_samples(const char *kind, uint32_t levels) {
  static uint64_t times[PARTS][SAMPLES];
  struct sample sample = {0};
  int apart = strcmp(kind, "apart") == 0, varied = apart || strcmp(kind, "varied") == 0;
  int fresh = strcmp(kind, "new") == 0;
  for (uint64_t i = 0; varied && i < STACKS; i++) path_walk(i, levels, parts_sample, &sample);
  for (uint64_t i = 0; i < SAMPLES; i++) {
    uint64_t random = i * UINT64_C(0x9e3779b97f4a7c15) >> 20;
    // Two different stacks: else the second measurement would find its stack in the cache.
    uint64_t seed = varied ? random % STACKS : fresh ? 2 * i : 0;
    uint64_t other = varied ? (random >> 12) % STACKS : fresh ? 2 * i + 1 : 0;
    sample.size = 64 + random % 64;
    sample.address = never_sampled(2 * i);
    sample.old = i < OLD ? 0 : never_sampled(2 * (i - OLD));
    if (apart) allocate();
    path_walk(seed, levels, parts_sample, &sample);
    if (apart) allocate();
    sample.address = never_sampled(2 * i + 1);
    sample.old = i < OLD ? 0 : never_sampled(2 * (i - OLD) + 1);
    path_walk(other, levels, parts_whole, &sample);
    for (int part = 0; part < PARTS; part++) times[part][i] = sample.ns[part];
  }
  double clock = clock_cost();
  printf("frames %u\n", sample.frames);
  for (int part = 0; part < PARTS; part++)
    printf("%s %.1f\n", names[part], times_median(times[part], SAMPLES) - clock);
}

static void measure_frees(const char *kind) {
  static uint64_t addresses[FREES], times[PASSES];
  int scattered = strcmp(kind, "scattered") == 0;
  for (uint64_t i = 0; i < FREES; i++)
    addresses[i] = scattered ? never_sampled(i) : parts_address(7) + i * 64;
  uint64_t maybe = 0;
  for (int pass = 0; pass < PASSES; pass++) {
    uint64_t start = wall_ns();
    maybe = parts_free(addresses, FREES);
    times[pass] = wall_ns() - start;
  }
  printf("maybe %.6f\n", (double)maybe / FREES);
  printf("free %.3f\n", times_median(times, PASSES) / FREES);
}

int main(int argc, char **argv) {
  int frees = argc == 4 && strcmp(argv[1], "free") == 0;
  if (!frees && argc != 5) return 2;
  parts_begin();
  parts_fill(strtoull(argv[argc - 1], NULL, 10));
  if (frees)
    measure_frees(argv[2]);
  else
    measure_samples(argv[2], (uint32_t)atoi(argv[3]));
  return 0;
}
