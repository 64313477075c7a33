// SPDX-License-Identifier: Apache-2.0
//
// Becomes a daemon as old servers do: forks twice, closes every descriptor, changes directory to /,
// gives up root if it has it; allocates before and after each of these. Its answers go to a file,
// since nothing else is left open.
//
//   Daemon ANSWERS [UID]
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../KnownAnswers/truth.h"

ANSWER static void allocates_before_the_fork(void) {
  for (int i = 0; i < 30; i++) truth_take(__func__, malloc(801), 801);
}

ANSWER static void allocates_with_nothing_open(void) {
  for (int i = 0; i < 40; i++) truth_take(__func__, malloc(803), 803);
}

ANSWER static void allocates_as_somebody_else(void) {
  for (int i = 0; i < 50; i++) truth_take(__func__, malloc(807), 807);
}

static void become_child(void) {
  pid_t child = fork();
  if (child < 0) abort();
  if (child > 0) _exit(0);
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  allocates_before_the_fork();
  become_child();
  setsid();
  become_child();
  truth_reset();
  int answers = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (answers < 0 || chdir("/")) return 1;
  // Answers go to descriptor 1; all others are gone, whoever opened them.
  if (dup2(answers, 1) != 1) return 1;
  close(0);
  close_range(2, ~0U, 0);
  allocates_with_nothing_open();
  if (argc > 2 && setuid((uid_t)atoi(argv[2]))) return 1;
  allocates_as_somebody_else();
  dprintf(1, "pid %d\n", getpid());
  truth_print();
  return 0;
}
