// SPDX-License-Identifier: Apache-2.0
//
// compare NAME EVERY COMMAND...: runs COMMAND under the oracle and prints how its stacks compare
// with libunwind's. Exit status 1 if one is wrong, 2 if the command could not be run or nothing was
// sampled.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cfi/oracle.h"

static double share(const uint64_t *c, int counter) {
  return c[ORACLE_SAMPLES] ? 100.0 * (double)c[counter] / (double)c[ORACLE_SAMPLES] : 0;
}

int main(int argc, char **argv) {
  if (argc < 4 || getenv("SILT_ORACLE_SO") == NULL) {
    fprintf(stderr, "usage: SILT_ORACLE_SO=liboracle.so compare NAME EVERY COMMAND...\n");
    return 2;
  }
  char path[] = "/tmp/silt-oracle-XXXXXX";
  int fd = mkstemp(path);
  if (fd < 0 || fchmod(fd, 0666) != 0 || ftruncate(fd, ORACLE_COUNTERS * 8) != 0) {
    perror(path);
    return 2;
  }
  uint64_t *c = mmap(NULL, ORACLE_COUNTERS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  pid_t child = fork();
  if (child == 0) {
    setenv("LD_PRELOAD", getenv("SILT_ORACLE_SO"), 1);
    setenv("SILT_ORACLE_OUT", path, 1);
    setenv("SILT_ORACLE_EVERY", argv[2], 1);
    execvp(argv[3], argv + 3);
    perror(argv[3]);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  unlink(path);
  printf(
      "%-12s %7lu stacks of %4.1f: equal %lu, longer %lu, early %lu (%.2f %%), "
      "guessed otherwise %lu, wrong %lu; cut by unwind %.2f %%, bounds %.2f %%, depth %.2f %%, "
      "with a guess %.2f %%\n",
      argv[1], c[ORACLE_SAMPLES],
      c[ORACLE_SAMPLES] ? (double)c[ORACLE_FRAMES] / (double)c[ORACLE_SAMPLES] : 0.0,
      c[ORACLE_EQUAL], c[ORACLE_LONGER], c[ORACLE_EARLY], share(c, ORACLE_EARLY), c[ORACLE_GUESSED],
      c[ORACLE_WRONG], share(c, ORACLE_END_UNWIND), share(c, ORACLE_END_BOUNDS),
      share(c, ORACLE_END_DEPTH), share(c, ORACLE_HAS_GUESS));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    printf("%-12s ended with status %x\n", argv[1], (unsigned)status);
    return 2;
  }
  if (c[ORACLE_SAMPLES] == 0) return 2;
  return c[ORACLE_WRONG] != 0;
}
