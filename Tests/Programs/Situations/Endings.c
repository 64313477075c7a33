// SPDX-License-Identifier: Apache-2.0
//
// Allocates what it says and ends in one of the ways in which programs end.
//
//   Endings return|exit|_exit|_Exit|quick_exit|syscall|abort
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../KnownAnswers/truth.h"

enum { STATUS = 7 };

ANSWER static void allocates_before_the_end(void) {
  for (int i = 0; i < 50; i++) truth_take(__func__, malloc(1201), 1201);
}

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "return";
  allocates_before_the_end();
  truth_print();
  if (strcmp(how, "exit") == 0) exit(STATUS);
  if (strcmp(how, "_exit") == 0) _exit(STATUS);
  if (strcmp(how, "_Exit") == 0) _Exit(STATUS);
  if (strcmp(how, "quick_exit") == 0) quick_exit(STATUS);
  if (strcmp(how, "syscall") == 0) syscall(SYS_exit_group, STATUS);
  if (strcmp(how, "abort") == 0) abort();
  return STATUS;
}
