// SPDX-License-Identifier: Apache-2.0
//
// Run with the shim: a program with functions of libc's names, which it may not call: a sigaction
// that is not ready before main, and a dl_iterate_phdr that shows nothing.
#define _GNU_SOURCE
#include <link.h>
#include <signal.h>
#include <stdlib.h>

static int ready;

int sigaction(int number, const struct sigaction *action, struct sigaction *before) {
  (void)number, (void)action, (void)before;
  if (!ready) abort();
  return 0;
}

int dl_iterate_phdr(int (*call)(struct dl_phdr_info *, size_t, void *), void *data) {
  (void)call, (void)data;
  return 0;
}

int main(void) {
  ready = 1;
  void *volatile p = malloc(1 << 20);
  free(p);
  return p ? 0 : 1;
}
