// SPDX-License-Identifier: Apache-2.0
//
// Short-lived processes: each starts, allocates and frees 8 MiB, and ends. The only micro-benchmark
// that includes the cost of making and closing a profiler's session.
//
//   Process OPERATIONS
#define _GNU_SOURCE
#include <spawn.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "lib/clock.h"

extern char **environ;

static void be_short_lived(void) {
  for (int i = 0; i < 1024; i++) {
    void *p = malloc(8192);
    escape(p);
    free(p);
  }
}

int main(int argc, char **argv) {
  long operations = argc > 1 ? atol(argv[1]) : 50;
  if (operations == 0) {
    be_short_lived();
    return 0;
  }
  char *const arguments[] = {argv[0], (char *)"0", NULL};
  for (long i = 0; i < operations; i++) {
    pid_t child;
    int status = 1;
    if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, environ) != 0) return 1;
    if (waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  double seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  printf("%.4f\n", seconds * 1e9 / (double)operations);
  return 0;
}
