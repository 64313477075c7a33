// SPDX-License-Identifier: Apache-2.0
//
// A heap full of holes: in each of some threads, survivors of three functions (70, 20 and 10 % of them) between blocks
// that are freed. Prints "ready", then obeys its input: "trim" prints its resident bytes, and how many of them malloc_trim(0)
// gave back, its code in libc not counted; "busy SECONDS" lets its threads allocate and free meanwhile, and prints "idle" when
// they have ended; the end of the input ends it.
//
// With a fifth word it prints "empty" first, and fills its heap when its input says so.
//
//   Hoard THREADS BLOCKS KEEP_ONE_IN LARGEST [later]
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static unsigned threads, blocks, keep, largest;
static void ***all;

static __attribute__((noinline)) void *keep_most(size_t n) { return malloc(n); }
static __attribute__((noinline)) void *keep_some(size_t n) { return malloc(n); }
static __attribute__((noinline)) void *keep_few(size_t n) { return malloc(n); }
static __attribute__((noinline)) void *garbage(size_t n) { return malloc(n); }

static unsigned draw(unsigned *state, unsigned below) {
  *state = *state * 1103515245u + 12345u;
  return (*state >> 8) % below;
}

// Survivors stay in all[t]; what is freed goes through its own slots, last to first.
static void *fill(void *number) {
  unsigned t = (unsigned)(size_t)number, state = t * 7919u + 1u;
  void **freed = malloc(blocks * sizeof *freed);
  for (unsigned i = 0; i < blocks; i++) {
    size_t size = 32 + draw(&state, largest);
    unsigned share = draw(&state, 10);
    all[t][i] = freed[i] = NULL;
    void *p;
    if (draw(&state, keep))
      p = freed[i] = garbage(size);
    else
      p = all[t][i] = share < 7 ? keep_most(size) : share < 9 ? keep_some(size) : keep_few(size);
    memset(p, 1, size);
  }
  for (unsigned i = 0; i < blocks; i++) free(freed[i]);
  free(freed);
  return NULL;
}

static unsigned long resident(const char *format) {
  char line[256];
  unsigned long kib = 0;
  FILE *file = fopen("/proc/self/smaps_rollup", "r");
  while (file && fgets(line, sizeof line, file)) {
    if (sscanf(line, format, &kib) == 1) break;
  }
  if (file) fclose(file);
  return kib << 10;
}

static void *work(void *number) {
  unsigned state = (unsigned)(size_t)number;
  void *ring[512] = {0};
  time_t end = time(NULL) + (time_t)state;
  do {
    for (unsigned n = 0; n < 10000; n++) {
      unsigned i = draw(&state, 512);
      free(ring[i]);
      ring[i] = garbage(32 + draw(&state, largest));
    }
  } while (time(NULL) < end);
  for (unsigned i = 0; i < 512; i++) free(ring[i]);
  return NULL;
}

static void run_in_threads(void *(*run)(void *), unsigned argument) {
  pthread_t ids[64];
  for (unsigned t = 0; t < threads; t++)
    if (pthread_create(&ids[t], NULL, run, (void *)(size_t)(argument ? argument : t))) exit(3);
  for (unsigned t = 0; t < threads; t++) pthread_join(ids[t], NULL);
}

static void *be_busy(void *seconds) {
  run_in_threads(work, (unsigned)(size_t)seconds);
  puts("idle");
  fflush(stdout);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  threads = (unsigned)atoi(argv[1]);
  blocks = (unsigned)atoi(argv[2]);
  keep = (unsigned)atoi(argv[3]);
  largest = (unsigned)atoi(argv[4]);
  if (threads > 64) return 2;
  all = calloc(threads ? threads : 1, sizeof *all);
  for (unsigned t = 0; t < (threads ? threads : 1); t++) all[t] = calloc(blocks, sizeof(void *));
  char line[64];
  if (argc > 5) {
    puts("empty");
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin)) return 0;
  }
  if (threads)
    run_in_threads(fill, 0);
  else
    fill(NULL);
  puts("ready");
  fflush(stdout);
  unsigned seconds;
  while (fgets(line, sizeof line, stdin)) {
    if (strncmp(line, "trim", 4) == 0) {
      unsigned long all = resident("Rss: %lu kB"), before = resident("Anonymous: %lu kB");
      malloc_trim(0);
      printf("%lu %lu\n", all, before - resident("Anonymous: %lu kB"));
    } else if (sscanf(line, "busy %u", &seconds) == 1 && threads) {
      pthread_t id;
      puts("busy");
      fflush(stdout);
      if (pthread_create(&id, NULL, be_busy, (void *)(size_t)seconds) || pthread_detach(id)) return 3;
    }
    fflush(stdout);
  }
  return 0;
}
