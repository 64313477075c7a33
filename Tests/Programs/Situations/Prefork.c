// SPDX-License-Identifier: Apache-2.0
//
// A parent of 64 children that all do the same: each allocates 256 KiB, half of what is between two
// samples on average.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../KnownAnswers/truth.h"

enum { CHILDREN = 64, BLOCKS = 64 };

ANSWER static void allocates_in_every_child(void) {
  for (int i = 0; i < BLOCKS; i++) truth_take(__func__, malloc(4096), 4096);
}

int main(void) {
  free(malloc(1));
  for (int i = 0; i < CHILDREN; i++) {
    pid_t child = fork();
    if (child < 0) abort();
    if (child == 0) {
      allocates_in_every_child();
      _exit(0);
    }
  }
  while (wait(NULL) > 0) continue;
  return 0;
}
