// SPDX-License-Identifier: Apache-2.0
//
// Known answers for threads: how many that each function created are alive. Lines of
// `threads FUNCTION COUNT STACK_BYTES` tell them, in order of names; STACK_BYTES is 0 where the
// system's default counts. Those of joinable_creates have given themselves the name "kept".
// `process parent PID` or `process child PID` stands before the answers of each, the child's first.
// A step is a pause: the line `ready`, then the program waits for a line, so that whoever runs it
// can take a dump between the steps.
//
//   ThreadLives [COUNT]     COUNT threads in the crowd of the second step, else 10000
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#define ANSWER __attribute__((noinline, noclone))

enum { SMALL_STACK = 64 << 10, CHURN = 1000 };

// Threads block in here until the program lets them go.
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t started;

static void pause_for_dump(void) {
  dprintf(STDOUT_FILENO, "ready\n");
  char byte;
  while (read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') continue;
}

static void check(int error) {
  if (error) abort();
}

static void *block(void *argument) {
  pthread_mutex_lock(&gate);
  pthread_mutex_unlock(&gate);
  return argument;
}

static int block_c11(void *argument) {
  block(argument);
  return 7;
}

// ---- created, joined, detached

static pthread_t kept_thread[3];
static thrd_t c11_thread[2];
static pthread_t early_thread;

// Before main, and before most constructors of others.
ANSWER __attribute__((constructor)) static void constructor_creates(void) {
  check(pthread_mutex_lock(&gate));
  check(pthread_create(&early_thread, NULL, block, NULL));
}

static void *name_itself_and_block(void *argument) {
  check(pthread_setname_np(pthread_self(), "kept"));
  pthread_barrier_wait(&started);
  return block(argument);
}

ANSWER static void joinable_creates(void) {
  for (int i = 0; i < 3; i++) {
    check(pthread_create(&kept_thread[i], NULL, name_itself_and_block, kept_thread));
    pthread_barrier_wait(&started);
  }
}

ANSWER static void detached_creates(void) {
  pthread_attr_t attributes;
  check(pthread_attr_init(&attributes));
  check(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED));
  check(pthread_attr_setstacksize(&attributes, 4 * SMALL_STACK));
  pthread_t thread;
  for (int i = 0; i < 4; i++) check(pthread_create(&thread, &attributes, block, NULL));
  check(pthread_attr_destroy(&attributes));
}

ANSWER static void c11_creates(void) {
  for (int i = 0; i < 2; i++)
    if (thrd_create(&c11_thread[i], block_c11, NULL) != thrd_success) abort();
}

// ---- ended, in each way

static void *return_at_once(void *argument) {
  return argument;
}

static void *exit_at_once(void *argument) {
  pthread_exit(argument);
}

static void *wait_for_cancellation(void *argument) {
  pthread_barrier_wait(&started);
  for (;;) pause();
  return argument;
}

ANSWER static void returning_creates(void) {
  for (int i = 0; i < CHURN; i++) {
    pthread_t thread;
    void *result;
    check(pthread_create(&thread, NULL, return_at_once, &started));
    check(pthread_join(thread, &result));
    if (result != &started) abort();
  }
}

ANSWER static void exiting_creates(void) {
  pthread_t thread;
  void *result;
  check(pthread_create(&thread, NULL, exit_at_once, &gate));
  check(pthread_join(thread, &result));
  if (result != &gate) abort();
}

ANSWER static void cancelled_creates(void) {
  pthread_t thread;
  void *result;
  check(pthread_create(&thread, NULL, wait_for_cancellation, NULL));
  pthread_barrier_wait(&started);
  check(pthread_cancel(thread));
  check(pthread_join(thread, &result));
  if (result != PTHREAD_CANCELED) abort();
}

ANSWER static void c11_ending_creates(void) {
  thrd_t thread;
  int result = 0;
  check(pthread_mutex_unlock(&gate));
  if (thrd_create(&thread, block_c11, NULL) != thrd_success) abort();
  if (thrd_join(thread, &result) != thrd_success || result != 7) abort();
  check(pthread_mutex_lock(&gate));
}

// More than an address space holds: the creation fails, and nothing is alive.
ANSWER static void failing_creates(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  check(pthread_attr_init(&attributes));
  check(pthread_attr_setstacksize(&attributes, (size_t)1 << 50));
  if (pthread_create(&thread, &attributes, block, NULL) == 0) abort();
  check(pthread_attr_destroy(&attributes));
}

// ---- around a fork

ANSWER static void child_creates(void) {
  pthread_t thread;
  for (int i = 0; i < 5; i++) check(pthread_create(&thread, NULL, block, NULL));
}

// Only the forking thread is in the child: what the parent had is not alive there.
static void be_child(void) {
  dprintf(STDOUT_FILENO, "process child %d\n", getpid());
  child_creates();
  printf("threads child_creates 5 0\n");
  printf("threads joinable_creates 0 0\n");
  fflush(stdout);
  pause_for_dump();
  _exit(0);
}

static void *fork_there(void *argument) {
  pid_t child = fork();
  if (child == 0) be_child();
  check(waitpid(child, NULL, 0) != child);
  return argument;
}

ANSWER static void forking_creates(void) {
  pthread_t thread;
  check(pthread_create(&thread, NULL, fork_there, NULL));
  check(pthread_join(thread, NULL));
}

// ---- many at once

static pthread_t *crowd;

ANSWER static void crowd_creates(int count) {
  pthread_attr_t attributes;
  check(pthread_attr_init(&attributes));
  check(pthread_attr_setstacksize(&attributes, SMALL_STACK));
  for (int i = 0; i < count; i++) check(pthread_create(&crowd[i], &attributes, block, NULL));
  check(pthread_attr_destroy(&attributes));
}

static void print_answers(int crowded, int blocked) {
  printf("process parent %d\n", getpid());
  printf("threads c11_creates %d 0\n", blocked ? 2 : 0);
  printf("threads c11_ending_creates 0 0\n");
  printf("threads cancelled_creates 0 0\n");
  printf("threads constructor_creates 0 0\n");
  printf("threads crowd_creates %d %d\n", crowded, crowded * SMALL_STACK);
  printf("threads detached_creates %d %d\n", blocked ? 4 : 0, blocked ? 16 * SMALL_STACK : 0);
  printf("threads exiting_creates 0 0\n");
  printf("threads failing_creates 0 0\n");
  printf("threads forking_creates 0 0\n");
  printf("threads joinable_creates %d 0\n", blocked ? 3 : 0);
  printf("threads returning_creates 0 0\n");
  fflush(stdout);
}

// The number of threads in the process, as the kernel counts.
static long count_threads(void) {
  char line[1024];
  FILE *status = fopen("/proc/self/status", "r");
  long count = 0;
  if (!status) abort();
  while (fgets(line, sizeof line, status))
    if (sscanf(line, "Threads: %ld", &count) == 1) break;
  fclose(status);
  return count;
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 10000;
  crowd = calloc((size_t)count, sizeof *crowd);
  check(pthread_barrier_init(&started, NULL, 2));

  printf("process parent %d\nthreads constructor_creates 1 0\n", getpid());
  fflush(stdout);
  pause_for_dump();
  check(pthread_mutex_unlock(&gate));
  check(pthread_join(early_thread, NULL));
  check(pthread_mutex_lock(&gate));

  returning_creates();
  exiting_creates();
  cancelled_creates();
  c11_ending_creates();
  failing_creates();
  joinable_creates();
  forking_creates();
  detached_creates();
  c11_creates();
  crowd_creates(count);
  print_answers(count, 1);
  pause_for_dump();

  check(pthread_mutex_unlock(&gate));
  for (int i = 0; i < count; i++) check(pthread_join(crowd[i], NULL));
  for (int i = 0; i < 3; i++) {
    void *result;
    check(pthread_join(kept_thread[i], &result));
    if (result != kept_thread) abort();
  }
  for (int i = 0; i < 2; i++)
    if (thrd_join(c11_thread[i], NULL) != thrd_success) abort();
  while (count_threads() > 1) sched_yield();
  print_answers(0, 0);
  pause_for_dump();
  return 0;
}
