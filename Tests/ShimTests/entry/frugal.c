// SPDX-License-Identifier: Apache-2.0
//
// A program that lives within narrow limits: some memory is used, and it ends with 0 only if it got
// all that it asked for. Argument "lock": as an ordinary user that wants no page to be swapped.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { BLOCKS = 2000, SIZE = 1000 };

static void lock(void) {
  const struct rlimit limit = {8 << 20, 8 << 20};  // the kernel's default
  if (setrlimit(RLIMIT_MEMLOCK, &limit) || (getuid() == 0 && setresuid(65534, 65534, 65534)) ||
      mlockall(MCL_CURRENT | MCL_FUTURE)) {
    perror("lock");
    exit(1);
  }
}

int main(int count, char **arguments) {
  static char *blocks[BLOCKS];
  if (count > 1 && strcmp(arguments[1], "lock") == 0) lock();
  for (int i = 0; i < BLOCKS; i++) {
    blocks[i] = malloc(SIZE);
    if (!blocks[i]) return 2;
    memset(blocks[i], i, SIZE);
  }
  for (int i = 0; i < BLOCKS; i++) free(blocks[i]);
  return 0;
}
