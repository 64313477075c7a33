// SPDX-License-Identifier: Apache-2.0
//
// Known answers on both sides of a fork. The child's profile starts at the fork: what it inherited
// is not in it, and freeing or resizing that counts nothing away. A vfork child still is its
// parent. Prints `process parent PID` or `process child PID` before the answers of each, the
// child's first.
//
//   Fork [exit|abort|kill]
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"

enum { BLOCKS = 40 };

extern char **environ;

static struct block before[BLOCKS];

ANSWER static void allocates_before_fork(void) {
  for (int i = 0; i < BLOCKS; i++) before[i] = truth_take(__func__, malloc(3001), 3001);
}

ANSWER static void allocates_in_child(void) {
  for (int i = 0; i < 10; i++) truth_take(__func__, malloc(4001), 4001);
}

ANSWER static void resizes_in_child(struct block inherited) {
  truth_take(__func__, realloc(inherited.address, 40009), 40009);
}

ANSWER static void allocates_in_parent(void) {
  for (int i = 0; i < 15; i++) truth_take(__func__, malloc(5003), 5003);
}

ANSWER static void resizes_in_parent(struct block block) {
  truth_resize(block, __func__, realloc(block.address, 50021), 50021);
}

// The child of a vfork runs in its parent's memory: what it does is its parent's doing.
ANSWER static void allocates_in_vfork_child(void) {
  truth_take(__func__, malloc(6007), 6007);
  free(truth_drop(truth_take(__func__, malloc(6007), 6007)));
}

static void run_vfork_child(void) {
  pid_t child = vfork();
  if (child == 0) {
    allocates_in_vfork_child();
    _exit(0);
  }
  waitpid(child, NULL, 0);
}

static void spawn_another_program(void) {
  char *const arguments[] = {(char *)"true", NULL};
  pid_t child;
  if (posix_spawnp(&child, "true", NULL, NULL, arguments, environ) == 0) waitpid(child, NULL, 0);
}

// Prints before it lets the parent print, and ends after the parent lets it.
static void be_child(int to_parent, int from_parent) {
  truth_reset();
  for (int i = 0; i < 20; i++) free(before[i].address);
  allocates_in_child();
  resizes_in_child(before[20]);
  dprintf(STDOUT_FILENO, "process child %d\n", getpid());
  truth_print();
  char byte = 0;
  if (write(to_parent, &byte, 1) != 1 || read(from_parent, &byte, 1) < 0) abort();
  exit(0);
}

int main(int argc, char **argv) {
  allocates_before_fork();
  int up[2], down[2];
  if (pipe(up) != 0 || pipe(down) != 0) abort();
  pid_t child = fork();
  if (child < 0) abort();
  if (child == 0) {
    close(down[1]);
    be_child(up[1], down[0]);
  }
  for (int i = 30; i < BLOCKS; i++) free(truth_drop(before[i]));
  allocates_in_parent();
  resizes_in_parent(before[29]);
  run_vfork_child();
  spawn_another_program();
  char byte;
  if (read(up[0], &byte, 1) != 1) abort();
  dprintf(STDOUT_FILENO, "process parent %d\n", getpid());
  int result = truth_finish(argc, argv);
  close(down[1]);
  waitpid(child, NULL, 0);
  return result;
}
