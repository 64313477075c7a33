// SPDX-License-Identifier: Apache-2.0
//
// Grows in steps, in malloc, beside it and in threads, and asks for a dump before the first step and after each.
//
//   Resident STEPS MMAP_MIB MALLOC_MIB THREADS
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const size_t mebi = 1 << 20;

static void *wait_for_end(void *argument) {
  for (;;) pause();
  return argument;
}

static void *map(size_t bytes) {
  void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

static void *hold(size_t bytes) { return malloc(bytes); }

static int touch(void *memory, size_t bytes) {
  if (memory == NULL) return -1;
  memset(memory, 1, bytes);
  return 0;
}

static int start(void) {
  pthread_t thread;
  return pthread_create(&thread, NULL, wait_for_end, NULL);
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  int steps = atoi(argv[1]), threads = atoi(argv[4]);
  size_t mapped = strtoul(argv[2], NULL, 10) * mebi, allocated = strtoul(argv[3], NULL, 10) * mebi;
  // The first sample makes the session, and the first thread what all have in common.
  if (touch(hold(1), 1) != 0 || start() != 0) return 1;
  raise(SIGUSR2);
  for (int step = 0; step < steps; step++) {
    if (mapped > 0 && touch(map(mapped), mapped) != 0) return 1;
    if (allocated > 0 && touch(hold(allocated), allocated) != 0) return 1;
    for (int i = 0; i < threads; i++) {
      if (start() != 0) return 1;
    }
    raise(SIGUSR2);
  }
  // Its session stays, and no dump is made at the end.
  raise(SIGKILL);
}
