// SPDX-License-Identifier: Apache-2.0
//
// Known answers for the stacks of threads: three in blocked_in_read, five in blocked_in_condition, one in spin, one
// in blocked_in_handler, which a signal interrupted in interrupted; the first thread is in wait_for_line. After
// `ready` it waits for a line, and then for its threads that were sent signals all the while:
// `signals SENT RECEIVED`.
//
//   Blocked [COUNT [vfork]]     COUNT more threads in blocked_in_condition; vfork: and one in wait_for_child,
//                               which the kernel lets nobody stop
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER __attribute__((noinline, noclone))

enum { SMALL_STACK = 64 << 10, READERS = 3, WAITERS = 5 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static int empty_pipe[2];
static int vfork_pipe[2];
static atomic_int arrived;
static atomic_bool done;
static atomic_long received;

static void check(int error) {
  if (error) abort();
}

ANSWER static void blocked_in_read(void) {
  char byte;
  arrived++;
  while (read(empty_pipe[0], &byte, 1) != 1) continue;
}

ANSWER static void blocked_in_condition(void) {
  pthread_mutex_lock(&mutex);
  arrived++;
  for (;;) pthread_cond_wait(&never, &mutex);
}

ANSWER static void spin(void) {
  arrived++;
  while (!done) continue;
}

// One that gets signals all the time and must miss none: signals of real time are queued.
static void count_signal(int number) {
  (void)number;
  received++;
}

ANSWER static void signalled(void) {
  arrived++;
  while (!done) pause();
}

ANSWER static void blocked_in_handler(int number) {
  (void)number;
  char byte;
  arrived++;
  while (read(empty_pipe[0], &byte, 1) != 1) continue;
}

ANSWER static void interrupted(void) {
  raise(SIGUSR1);
}

ANSWER static void wait_for_child(void) {
  pid_t child = vfork();
  if (child == 0) {
    char byte;
    // Until the program has ended.
    close(vfork_pipe[1]);
    while (read(vfork_pipe[0], &byte, 1) < 0) continue;
    _exit(0);
  }
}

static void *begin(void *argument) {
  ((void (*)(void))argument)();
  return NULL;
}

ANSWER static pthread_t create(void (*function)(void), int count) {
  pthread_attr_t attributes;
  pthread_t thread = 0;
  check(pthread_attr_init(&attributes));
  check(pthread_attr_setstacksize(&attributes, SMALL_STACK));
  for (int i = 0; i < count; i++) {
    check(pthread_create(&thread, &attributes, begin, (void *)function));
    check(pthread_detach(thread));
  }
  check(pthread_attr_destroy(&attributes));
  return thread;
}

ANSWER static void wait_for_line(void) {
  char byte;
  while (read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') continue;
}

// Sends as fast as they are received, so that the queue never overflows.
static pthread_t target;
static atomic_long sent;

static void send_signals(void) {
  arrived++;
  while (!done) {
    if (sent - received < 16 && pthread_kill(target, SIGRTMIN) == 0) sent++;
    else sched_yield();
  }
  arrived--;
}

int main(int argc, char **argv) {
  int more = argc > 1 ? atoi(argv[1]) : 0;
  int uninterruptible = argc > 2 && !strcmp(argv[2], "vfork");
  check(pipe(empty_pipe) || pipe(vfork_pipe));
  struct sigaction count = {.sa_handler = count_signal};
  struct sigaction block = {.sa_handler = blocked_in_handler};
  check(sigaction(SIGRTMIN, &count, NULL) || sigaction(SIGUSR1, &block, NULL));
  create(blocked_in_read, READERS);
  create(blocked_in_condition, WAITERS + more);
  create(spin, 1);
  create(interrupted, 1);
  target = create(signalled, 1);
  create(send_signals, 1);
  int expected = READERS + WAITERS + more + 4;
  while (arrived < expected) sched_yield();
  // The last to arrive at the condition holds the mutex until it waits.
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  if (uninterruptible) create(wait_for_child, 1);
  printf("ready\n");
  fflush(stdout);
  wait_for_line();
  done = 1;
  while (arrived > expected - 1) sched_yield();
  while (received < sent) sched_yield();
  printf("signals %ld %ld\n", sent, received);
  return 0;
}
