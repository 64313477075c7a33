// SPDX-License-Identifier: Apache-2.0
//
// Soak ROUNDS SEED TORTURE PLUGIN: what years do to one process. 200 rounds make 50 million
// allocations at 262,144 places, 10,000 reloads of a library, 100,000 threads and 1,000 forks, and
// fill every table of the session. After each round the profile must be exactly what the model
// says; in the last quarter nothing may have grown. Status 0 if so, 1 if not.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "acts.h"
#include "blocks.h"
#include "model.h"
#include "session.h"

enum { WORKERS = 2, STEPS = 200000, RELOADS = 50, THREADS = 500, FORKS = 5, DEPTH = 18 };

static unsigned soak_rounds;

// Each of its paths is walked in the first half.
struct soak_worker {
  struct chance chance;
  unsigned path, last;
};

static void *soak_work(void *worker) {
  struct soak_worker *w = worker;
  for (unsigned step = 0; step < STEPS; step++) {
    unsigned path = w->path < w->last ? w->path++ : (unsigned)chance_below(&w->chance, 1u << DEPTH);
    blocks_step_along(&w->chance, path, DEPTH);
  }
  return NULL;
}

static void soak_allocate(struct chance *c, unsigned round) {
  struct soak_worker workers[WORKERS];
  pthread_t threads[WORKERS];
  unsigned parts = WORKERS * (soak_rounds / 2 + 1), share = (1u << DEPTH) / parts + 1;
  for (unsigned i = 0; i < WORKERS; i++) {
    unsigned first = (round * WORKERS + i) * share;
    unsigned last = first + share < 1u << DEPTH ? first + share : 1u << DEPTH;
    workers[i] = (struct soak_worker){{chance_bits(c)}, first, last};
    if (pthread_create(&threads[i], NULL, soak_work, &workers[i])) exit(3);
  }
  for (unsigned i = 0; i < WORKERS; i++) pthread_join(threads[i], NULL);
}

static bool soak_round(struct chance *c, unsigned round) {
  bool good = true;
  soak_allocate(c, round);
  for (unsigned i = 0; i < RELOADS && good; i++) good = acts_library(c);
  for (unsigned i = 0; i < THREADS && good; i++) good = acts_thread(c);
  acts_settle();
  for (unsigned i = 0; i < FORKS && good; i++) good = i % 2 ? acts_lonely_fork(c) : acts_process(c);
  return good && session_is_exact("after a round", round % 20 == 19);
}

// What must not grow.
struct soak_use {
  uint64_t resident;  // bytes, the session's pages included
  uint64_t mappings, descriptors;
};

// The number behind a word in a file, or else how many lines it has. Without a call that allocates.
static uint64_t soak_count(const char *path, const char *behind) {
  static char text[1 << 20];
  size_t got = 0;
  uint64_t lines = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  for (ssize_t more; (more = read(fd, text + got, sizeof text - 1 - got)) > 0;) got += (size_t)more;
  close(fd);
  text[got] = '\0';
  const char *field = behind ? strstr(text, behind) : NULL;
  if (field) return strtoull(field + strlen(behind), NULL, 10);
  for (size_t i = 0; i < got; i++) lines += text[i] == '\n';
  return lines;
}

static struct soak_use soak_look(void) {
  struct soak_use use = {.resident = soak_count("/proc/self/status", "VmRSS:") << 10,
                         .mappings = soak_count("/proc/self/maps", NULL)};
  for (int fd = 0; fd < 1024; fd++) use.descriptors += fcntl(fd, F_GETFD) >= 0;
  return use;
}

static double soak_dump(void) {
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  raise(SIGUSR2);
  clock_gettime(CLOCK_MONOTONIC, &after);
  return (double)(after.tv_sec - before.tv_sec) * 1e3 +
         (double)(after.tv_nsec - before.tv_nsec) / 1e6;
}

static void soak_tell(unsigned round, const struct soak_use *use) {
  uint64_t allocations = 0;
  for (unsigned i = 0; i < MODEL_CLASSES; i++) allocations += model.allocated[i].count;
  printf(
      "round %u: %llu allocations, %llu KiB resident, %llu mappings, %llu descriptors, dump %.0f "
      "ms\n",
      round + 1, (unsigned long long)allocations, (unsigned long long)use->resident >> 10,
      (unsigned long long)use->mappings, (unsigned long long)use->descriptors, soak_dump());
  fflush(stdout);
}

// The least that was seen of each.
static void soak_lower(struct soak_use *least, const struct soak_use *use) {
  if (use->resident < least->resident) least->resident = use->resident;
  if (use->mappings < least->mappings) least->mappings = use->mappings;
  if (use->descriptors < least->descriptors) least->descriptors = use->descriptors;
}

// In fewer rounds the tables are still filling.
#define SOAK_JUDGED 100u

// What is resident goes up and down with what is in use: only that it never comes back is growth.
static bool soak_grew(const struct soak_use *third, const struct soak_use *fourth) {
  return soak_rounds >= SOAK_JUDGED &&
         (fourth->resident > third->resident + third->resident / 20 ||
          fourth->mappings > third->mappings + 8 || fourth->descriptors > third->descriptors);
}

static int soak(struct chance *c) {
  struct soak_use quarters[4], now;
  memset(quarters, 0xff, sizeof quarters);
  for (unsigned round = 0; round < soak_rounds; round++) {
    if (!soak_round(c, round)) return 1;
    now = soak_look();
    if (round % 20 == 19 || round + 1 == soak_rounds) soak_tell(round, &now);
    soak_lower(&quarters[4 * round / soak_rounds], &now);
  }
  if (!soak_grew(&quarters[2], &quarters[3])) return 0;
  dprintf(2, "soak: in the last quarter never below %llu KiB, %llu mappings, %llu descriptors\n",
          (unsigned long long)quarters[3].resident >> 10, (unsigned long long)quarters[3].mappings,
          (unsigned long long)quarters[3].descriptors);
  return 1;
}

int main(int count, char **words) {
  if (count != 5) return 2;
  soak_rounds = (unsigned)atoi(words[1]);
  struct chance c = {strtoull(words[2], NULL, 10)};
  unsetenv("MODEL_FILE");
  acts_begin(words[3], words[4]);
  // Without the shim, to compare by hand: dumps kill nobody.
  struct sigaction dump;
  if (sigaction(SIGUSR2, NULL, &dump) == 0 && dump.sa_handler == SIG_DFL) signal(SIGUSR2, SIG_IGN);
  session_begin();
  return soak(&c);
}
