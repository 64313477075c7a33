// SPDX-License-Identifier: Apache-2.0
//
// Uses SIGUSR2 for its own ends: takes the signal over when it is told to (a line of input), and
// says `signal` each time it gets one, which must still work.
//
//   TakesSignal      prints `ready`, waits; prints `taken`, waits; ends
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../KnownAnswers/truth.h"

static void say(const char *word) {
  if (write(STDOUT_FILENO, word, strlen(word)) < 0) _exit(1);
}

static void on_signal(int signal) {
  (void)signal;
  say("signal\n");
}

ANSWER static void allocates_something(void) {
  for (int i = 0; i < 100; i++) truth_take(__func__, malloc(901), 901);
}

static void wait_for_line(void) {
  char byte;
  while (read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') continue;
}

int main(void) {
  allocates_something();
  say("ready\n");
  wait_for_line();
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(SIGUSR2, &action, NULL);
  allocates_something();
  say("taken\n");
  wait_for_line();
  return 0;
}
