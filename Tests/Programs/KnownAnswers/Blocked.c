// SPDX-License-Identifier: Apache-2.0
//
// Known answers for the stacks of threads: three in blocked_in_read, five in blocked_in_condition, one in spin, one in
// blocked_in_handler after a signal in interrupted, one in blocked_at_depth with 1 MiB of stack above it; the first
// thread is in wait_for_line. All the while send_signals sends signals to the thread in signalled. After `ready` the
// program waits for a line, then it says how many: `signals SENT RECEIVED`.
//
//   Blocked [COUNT [vfork|traced]]     COUNT more threads in blocked_in_condition; vfork: one more in wait_for_child,
//                                      which nobody can stop; traced: a child traces the first thread
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

#define ANSWER __attribute__((noinline, noclone))

enum { SMALL_STACK = 64 << 10, LARGE_STACK = 2 << 20, READERS = 3, WAITERS = 5 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static int empty_pipe[2];
// Closes when the program ends.
static int life_pipe[2];
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

ANSWER static int blocked_at_depth(int depth) {
  volatile char room[1024] = {0};
  if (depth == 0) blocked_in_read();
  else room[0] = (char)blocked_at_depth(depth - 1);
  return room[0];
}

static void descend(void) {
  blocked_at_depth(1024);
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

// It never ends: signals on their way would be lost with it.
ANSWER static void signalled(void) {
  arrived++;
  for (;;) pause();
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

// In the child of a fork or vfork.
static void outlive_the_program(void) {
  char byte;
  close(life_pipe[1]);
  while (read(life_pipe[0], &byte, 1) < 0) continue;
  _exit(0);
}

ANSWER static void wait_for_child(void) {
  if (vfork() == 0) outlive_the_program();
}

static void be_traced(void) {
  int seized[2];
  char byte = 0;
  pid_t parent = getpid();
  check(pipe(seized));
  if (fork() == 0) {
    check(ptrace(PTRACE_SEIZE, parent, NULL, NULL) || write(seized[1], &byte, 1) != 1);
    outlive_the_program();
  }
  check(read(seized[0], &byte, 1) != 1);
}

static void *begin(void *argument) {
  ((void (*)(void))argument)();
  return NULL;
}

ANSWER static pthread_t create(void (*function)(void), int count, size_t stack) {
  pthread_attr_t attributes;
  pthread_t thread = 0;
  check(pthread_attr_init(&attributes));
  check(pthread_attr_setstacksize(&attributes, stack));
  for (int i = 0; i < count; i++) {
    check(pthread_create(&thread, &attributes, begin, (void *)function));
    check(pthread_detach(thread));
  }
  check(pthread_attr_destroy(&attributes));
  return thread;
}

ANSWER static void wait_for_line(void) {
  char byte;
  printf("ready\n");
  fflush(stdout);
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
  const char *mode = argc > 2 ? argv[2] : "";
  check(pipe(empty_pipe) || pipe(life_pipe));
  struct sigaction count = {.sa_handler = count_signal};
  struct sigaction block = {.sa_handler = blocked_in_handler};
  check(sigaction(SIGRTMIN, &count, NULL) || sigaction(SIGUSR1, &block, NULL));
  if (!strcmp(mode, "traced")) be_traced();
  create(blocked_in_read, READERS, SMALL_STACK);
  create(blocked_in_condition, WAITERS + more, SMALL_STACK);
  create(spin, 1, SMALL_STACK);
  create(interrupted, 1, SMALL_STACK);
  create(descend, 1, LARGE_STACK);
  target = create(signalled, 1, SMALL_STACK);
  create(send_signals, 1, SMALL_STACK);
  int expected = READERS + WAITERS + more + 5;
  while (arrived < expected) sched_yield();
  // The last to arrive at the condition holds the mutex until it waits.
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  if (!strcmp(mode, "vfork")) create(wait_for_child, 1, SMALL_STACK);
  wait_for_line();
  done = 1;
  while (arrived > expected - 1) sched_yield();
  while (received < sent) sched_yield();
  printf("signals %ld %ld\n", sent, received);
  return 0;
}
