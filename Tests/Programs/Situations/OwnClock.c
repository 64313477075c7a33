// SPDX-License-Identifier: Apache-2.0
//
// Has a clock of its own in the place of libc's, as test clocks do, which locks and allocates: who
// reads it from inside malloc never returns. Prints `ok`.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *volatile note;

int clock_gettime(clockid_t clock, struct timespec *time) {
  pthread_mutex_lock(&lock);
  free(note);
  note = malloc(100);
  pthread_mutex_unlock(&lock);
  return (int)syscall(SYS_clock_gettime, clock, time);
}

int main(void) {
  struct timespec time;
  if (clock_gettime(CLOCK_REALTIME, &time) != 0) return 1;
  for (int i = 0; i < 1000; i++) {
    void *volatile block = malloc(1000);
    free(block);
  }
  puts("ok");
  return 0;
}
