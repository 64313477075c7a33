// SPDX-License-Identifier: Apache-2.0
//
// Allocates four blocks from each of 16384 different call stacks and keeps them all: a snapshot of
// the size that a large service has. Prints `ready` and waits for a line; with `change`, it
// replaces a block every millisecond meanwhile.
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../KnownAnswers/truth.h"

enum { LEVELS = 14, BLOCKS = 4 };

static void *kept;

ANSWER static void keep_blocks(unsigned path) {
  for (unsigned i = 0; i < BLOCKS; i++) {
    void **block = malloc(64 + (path + i) % 256);
    if (!block) abort();
    *block = kept;
    kept = block;
  }
}

ANSWER static void replace_blocks(void) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  while (poll(&input, 1, 1) == 0) {
    void **block = kept;
    kept = *block;
    free(block);
    block = malloc(64);
    if (!block) abort();
    *block = kept;
    kept = block;
  }
}

static void go_on(unsigned path, int level);

ANSWER static void turn_left(unsigned path, int level) {
  go_on(path << 1, level + 1);
}

ANSWER static void turn_right(unsigned path, int level) {
  go_on(path << 1 | 1, level + 1);
}

ANSWER static void go_on(unsigned path, int level) {
  if (level == LEVELS) {
    keep_blocks(path);
    return;
  }
  turn_left(path, level);
  turn_right(path, level);
}

int main(int argc, char **argv) {
  go_on(0, 0);
  if (argc > 1 && strcmp(argv[1], "change") == 0) {
    if (write(STDOUT_FILENO, "ready\n", 6) == 6) replace_blocks();
    return 0;
  }
  return truth_finish(argc, argv);
}
