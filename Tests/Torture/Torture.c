// SPDX-License-Identifier: Apache-2.0
//
// Torture run SEED SECONDS PLUGIN: rounds of threads that do everything at once; after each, when
// they have ended, the profile must be exactly what the model says. Torture childless SEED SECONDS
// PLUGIN: the same without other processes, which an emulator of a processor cannot make from one
// of many threads. Torture leaf SEED PLUGIN: a short program, for posix_spawn and exec. Torture
// victim SEED PLUGIN: goes on until it is killed. Torture eater SEED PLUGIN: until it has all
// memory. Status 0 if all was exact, 1 if not.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "acts.h"
#include "blocks.h"
#include "handlers.h"
#include "model.h"
#include "session.h"

#define WORKERS 3u
#define STEPS 1500u
#define FIBER_STACK (UINT64_C(64) << 10)

static bool torture_has_children = true;

struct worker {
  unsigned number;
  struct chance chance;
  void *fiber_stack, *alternate_stack;
  unsigned steps;
  bool good;
  sigjmp_buf start;
};

static void worker_step(struct worker *w) {
  struct chance *c = &w->chance;
  unsigned choice = (unsigned)chance_below(c, 1000);
  if (choice < 900)
    blocks_step(c);
  else if (choice < 940)
    w->good &= acts_fiber(c, w->fiber_stack, FIBER_STACK);
  else if (choice < 970)
    objects_throw(c);
  else if (choice < 985)
    w->good &= acts_thread(c);
  else if (choice < 993)
    w->good &= acts_library(c);
  else if (choice < 997)
    w->good &= !torture_has_children || acts_process(c);
  else
    raise(SIGUSR2);
}

static void *worker_stack(uint64_t size) {
  void *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return stack == MAP_FAILED ? NULL : stack;
}

static void *worker_run(void *worker) {
  struct worker *w = worker;
  w->alternate_stack = worker_stack(FIBER_STACK);
  w->fiber_stack = worker_stack(FIBER_STACK);
  sigaltstack(&(stack_t){.ss_sp = w->alternate_stack, .ss_size = FIBER_STACK}, NULL);
  // A handler that leaves a call comes here, and the work goes on.
  if (sigsetjmp(w->start, 1) == 0)
    handlers_enter(w->number, &w->start, (struct chance){chance_bits(&w->chance)});
  while (w->steps > 0) {
    w->steps--;
    worker_step(w);
  }
  handlers_exit(w->number);
  sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
  munmap(w->alternate_stack, FIBER_STACK);
  munmap(w->fiber_stack, FIBER_STACK);
  return NULL;
}

// All signals of the pest are blocked in the main thread, and so in each new one.
static bool round_run(struct chance *c) {
  static struct worker workers[WORKERS];
  struct chance pests = {chance_bits(c)};
  pthread_t threads[WORKERS], pest;
  bool good = true;
  handlers_stop(false);
  for (unsigned i = 0; i < WORKERS; i++) {
    workers[i] =
        (struct worker){.number = i, .chance = {chance_bits(c)}, .steps = STEPS, .good = true};
    if (pthread_create(&threads[i], NULL, worker_run, &workers[i])) exit(3);
  }
  if (pthread_create(&pest, NULL, handlers_pest, &pests)) exit(3);
  for (unsigned i = 0; i < WORKERS; i++) {
    pthread_join(threads[i], NULL);
    good &= workers[i].good;
  }
  handlers_stop(true);
  pthread_join(pest, NULL);
  return good;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run(struct chance *c, double seconds) {
  double end = now() + seconds;
  unsigned rounds = 0;
  bool good = true;
  do {
    good = round_run(c);
    acts_settle();
    good = good && session_is_exact("after a round", rounds % 3 == 0);
    if (good && rounds % 4 == 1 && torture_has_children) good = acts_lonely_fork(c);
    if (good && rounds % 8 == 7) {
      blocks_free_all();
      good = session_is_exact("with all freed", true);
    }
    rounds++;
  } while (good && now() < end);
  uint64_t allocations = 0;
  for (unsigned i = 0; i < MODEL_CLASSES; i++) allocations += model.allocated[i].count;
  printf("%u rounds, %llu allocations, %llu in handlers, %llu calls left\n", rounds,
         (unsigned long long)allocations, (unsigned long long)model.nested.count,
         (unsigned long long)handlers_jumps());
  return good ? 0 : 1;
}

// Dumps all the time, and so prunes.
static __attribute__((noreturn)) void *live_dump(void *seed) {
  struct chance c = {(uint64_t)seed};
  for (;;) {
    kill(getpid(), SIGUSR2);
    nanosleep(&(struct timespec){.tv_nsec = (long)chance_below(&c, 3000000)}, NULL);
  }
}

static __attribute__((noreturn)) void live(struct chance *c) {
  pthread_t dumper;
  if (pthread_create(&dumper, NULL, live_dump, (void *)chance_bits(c))) exit(3);
  for (;;) {
    round_run(c);
  }
}

// Uses all memory there is, until the kernel ends it.
static __attribute__((noreturn)) void eat(struct chance *c) {
  for (;;) {
    uint64_t size = 1 + chance_below(c, 100000);
    void *p = malloc(size);
    if (p) memset(p, 1, size);
    if (chance_below(c, 4) == 0) free(p);
  }
}

int main(int count, char **words) {
  if (count < 4) return 2;
  struct chance c = {strtoull(words[2], NULL, 10)};
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGURG);
  sigprocmask(SIG_BLOCK, &set, NULL);
  unsetenv("MODEL_FILE");
  acts_begin(words[0], words[count - 1]);
  // Without the shim, to compare by hand: dumps kill nobody.
  struct sigaction dump;
  if (sigaction(SIGUSR2, NULL, &dump) == 0 && dump.sa_handler == SIG_DFL) signal(SIGUSR2, SIG_IGN);
  if (strcmp(words[1], "leaf") == 0) {
    session_begin();
    return acts_leaf(&c, true, "leaf") ? 0 : 1;
  }
  if (strcmp(words[1], "eater") == 0) {
    session_begin();
    eat(&c);
  }
  // A seed in four has no handlers that leave.
  handlers_install(chance_below(&c, 4) != 0);
  session_begin();
  if (strcmp(words[1], "victim") == 0) live(&c);
  torture_has_children = strcmp(words[1], "childless") != 0;
  return run(&c, strtod(words[3], NULL));
}
