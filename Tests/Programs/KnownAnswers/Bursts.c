// SPDX-License-Identifier: Apache-2.0
//
// Allocates in bursts on two threads, with quiet in between, so that a shim with a ceiling changes
// its interval. Answers are printed three times: `process half PID` behind the first half of the
// bursts, when it sends itself SIGUSR2 for a dump; `process child PID` by a child that is forked
// then and has a burst of its own; and `process parent PID` at the end.
//
//   Bursts [exit|abort|kill [BURSTS]]
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"

enum { BURSTS = 8, PAIRS = 60000, KEPT = 200, QUIET = 20000000 };

static uint64_t seed;

static size_t below(uint64_t *random, size_t bound) {
  *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407;
  return (size_t)((*random >> 33) % bound);
}

// One in so many stays; the sizes of the three are apart by powers of ten.
#define KEEPS(name, least, bound, each)                                    \
  ANSWER static void name(uint64_t *random) {                              \
    for (int i = 0; i < PAIRS / (each); i++) {                             \
      size_t size = (least) + below(random, bound);                        \
      struct block block = truth_take(__func__, malloc(size), size);       \
      if (below(random, PAIRS / KEPT / (each)*2)) free(truth_drop(block)); \
    }                                                                      \
  }
KEEPS(keeps_small, 20, 100, 1)
KEEPS(keeps_medium, 1000, 3000, 2)
KEEPS(keeps_large, 20000, 60000, 10)

static void *burst(void *argument) {
  uint64_t *random = argument;
  keeps_small(random);
  keeps_medium(random);
  keeps_large(random);
  return NULL;
}

static void have_bursts(int count) {
  for (int i = 0; i < count; i++) {
    pthread_t other;
    uint64_t randoms[2] = {++seed, ++seed};
    if (pthread_create(&other, NULL, burst, &randoms[1])) abort();
    burst(&randoms[0]);
    pthread_join(other, NULL);
    for (volatile int k = 0; k < QUIET; k++) {
    }
  }
}

static void print(const char *whose) {
  dprintf(STDOUT_FILENO, "process %s %d\n", whose, getpid());
  truth_print();
}

int main(int argc, char **argv) {
  int bursts = argc > 2 ? atoi(argv[2]) : BURSTS;
  have_bursts(bursts / 2);
  print("half");
  raise(SIGUSR2);
  pid_t child = fork();
  if (child < 0) abort();
  if (child == 0) {
    truth_reset();
    have_bursts(BURSTS / 4);
    print("child");
    return 0;
  }
  waitpid(child, NULL, 0);
  have_bursts(bursts / 2);
  dprintf(STDOUT_FILENO, "process parent %d\n", getpid());
  return truth_finish(argc, argv);
}
