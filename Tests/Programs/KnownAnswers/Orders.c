// SPDX-License-Identifier: Apache-2.0
//
// A program whose whole profile is known, for reports that are compared as a whole. When it is
// `ready`, with every allocation recorded, it holds:
//
//   main - load_catalogue                  64,000 B in 100 objects
//   main - serve_orders - remember_order  204,800 B in  50 objects
//   main - serve_orders - parse_order       6,400 B in 100 objects, of 12,800 B in 200 allocated
//
// and, if it is to mail, one thread named `mailer` that start_mailer created; its stack and its
// thread-local memory are libc's and not in the answer. It waits for a line, or for the end of
// standard input.
//
//   Orders [COUNT [mail]]     COUNT orders are served, else 50
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "truth.h"

enum { CATALOGUE = 100, ARTICLE = 640, ORDER = 4096, LINE = 64 };

static char *catalogue[CATALOGUE];

ANSWER static void load_catalogue(void) {
  for (int i = 0; i < CATALOGUE; i++) catalogue[i] = malloc(ARTICLE);
}

ANSWER static void *remember_order(void) { return malloc(ORDER); }

ANSWER static void *parse_order(void) { return malloc(LINE); }

ANSWER static void serve_orders(int count, void **kept) {
  for (int i = 0; i < count; i++) {
    *kept++ = remember_order();
    for (int line = 0; line < 4; line++) {
      void *parsed = parse_order();
      if (line % 2)
        *kept++ = parsed;
      else
        free(parsed);
    }
  }
}

static pthread_barrier_t begun;

static void *mail(void *argument) {
  pthread_setname_np(pthread_self(), "mailer");
  pthread_barrier_wait(&begun);
  pause();
  return argument;
}

ANSWER static void start_mailer(void) {
  pthread_t thread;
  pthread_barrier_init(&begun, NULL, 2);
  if (pthread_create(&thread, NULL, mail, NULL)) abort();
  pthread_barrier_wait(&begun);
}

static void wait_for_line(void) {
  char byte;
  while (read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') continue;
}

int main(int argc, char **argv) {
  static void *kept[3 * 1000];
  int count = argc > 1 ? atoi(argv[1]) : 50;
  if (count < 0 || count > 1000) return 2;
  load_catalogue();
  serve_orders(count, kept);
  if (argc > 2) start_mailer();
  if (write(STDOUT_FILENO, "ready\n", 6) != 6) return 1;
  wait_for_line();
  return 0;
}
