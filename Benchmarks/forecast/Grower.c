// SPDX-License-Identifier: Apache-2.0
//
// Takes memory on one course until something ends it. Every hundredth of a second it comes to where
// the course is then, in blocks of 1 to 64 KiB that are written to.
//
//   Grower COURSE MIB_PER_SECOND SECONDS     what the seconds are, each course says
#define _GNU_SOURCE
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef double (*course)(double time, double rate, double seconds);

enum { most_blocks = 1 << 20, page = 1 << 20 };
static const double mebi = 1 << 20;

static void *blocks[most_blocks];
static size_t sizes[most_blocks];
static size_t block_count, held;

static double steady(double time, double rate, double seconds) {
  (void)seconds;
  return time * rate;
}

// Begins at these seconds, with what it needs to work until then.
static double late(double time, double rate, double seconds) {
  return 24 * mebi + (time > seconds ? (time - seconds) * rate : 0);
}

// Full at these seconds.
static double plateau(double time, double rate, double seconds) {
  return rate * (time < seconds ? time : seconds);
}

// In one step at these seconds.
static double step(double time, double rate, double seconds) {
  return 16 * mebi + (time > seconds ? rate * seconds : 0);
}

// Approaches its end with this time constant.
static double slowing(double time, double rate, double seconds) {
  return rate * seconds * (1 - exp(-time / seconds));
}

// Up for these seconds, then empty.
static double sawtooth(double time, double rate, double seconds) {
  return rate * fmod(time, seconds);
}

// A leak below a cache that fills and is emptied with this period.
static double both(double time, double rate, double seconds) {
  return time * rate + 16 * mebi * fmod(time, seconds) / seconds;
}

static const struct {
  const char *name;
  course level;
  int writes_files;
} courses[] = {{"steady", steady, 0},       {"late", late, 0},       {"plateau", plateau, 0},
               {"step", step, 0},           {"slowing", slowing, 0}, {"sawtooth", sawtooth, 0},
               {"both", both, 0},           {"logs", steady, 1},     {"late-logs", late, 1},
               {"plateau-logs", plateau, 1}};

static uint64_t next_random(void) {
  static uint64_t state = 88172645463325252u;
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

__attribute__((noinline)) static void take(size_t target) {
  while (held < target && block_count < most_blocks) {
    size_t size = 1024 + next_random() % 64512;
    blocks[block_count] = malloc(size);
    if (blocks[block_count] == NULL) exit(3);
    memset(blocks[block_count], 1, size);
    sizes[block_count++] = size;
    held += size;
  }
}

static void give_back(size_t target) {
  while (held > target && block_count > 0) {
    held -= sizes[--block_count];
    free(blocks[block_count]);
  }
}

// File cache: the group is charged for it, and gets it back when it is short.
static void write_file(FILE *file) {
  static char data[page];
  for (int i = 0; i < 2; i++) fwrite(data, 1, sizeof data, file);
  fflush(file);
  if (ftell(file) > 512 * page) rewind(file);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  double rate = atof(argv[2]) * mebi, seconds = atof(argv[3]);
  for (size_t i = 0; i < sizeof courses / sizeof *courses; i++) {
    if (strcmp(courses[i].name, argv[1]) != 0) continue;
    FILE *file = courses[i].writes_files ? tmpfile() : NULL;
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
      clock_gettime(CLOCK_MONOTONIC, &now);
      double time =
          (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
      size_t target = (size_t)courses[i].level(time, rate, seconds);
      give_back(target);
      take(target);
      if (file != NULL) write_file(file);
      usleep(10000);
    }
  }
  return 2;
}
