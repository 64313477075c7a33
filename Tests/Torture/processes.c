// SPDX-License-Identifier: Apache-2.0
//
// Children of every kind. Each compares its own profile with its own model, and says by its status
// how that went.
#define _GNU_SOURCE
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "acts.h"
#include "blocks.h"
#include "model.h"
#include "session.h"

extern char **environ;
extern const char *libraries_plugin;
static const char *processes_program;

void acts_begin(const char *program, const char *plugin) {
  processes_program = program;
  libraries_plugin = plugin;
}

bool acts_leaf(struct chance *c, bool threads, const char *when) {
  for (unsigned steps = (unsigned)chance_below(c, 200); steps > 0; steps--) {
    blocks_step(c);
    if (!threads) continue;
    if (chance_below(c, 40) == 0) acts_thread(c);
    if (chance_below(c, 60) == 0) acts_library(c);
    if (chance_below(c, 30) == 0) objects_throw(c);
  }
  acts_settle();
  return session_is_exact(when, chance_below(c, 4) == 0);
}

// A leaf's arguments, without an allocation.
struct processes_words {
  char seed[32];
  char *words[5];
};

static void processes_leaf_words(struct processes_words *w, uint64_t seed) {
  snprintf(w->seed, sizeof w->seed, "%llu", (unsigned long long)seed);
  char *words[] = {(char *)processes_program, "leaf", w->seed, (char *)libraries_plugin, NULL};
  memcpy(w->words, words, sizeof words);
}

static bool processes_wait(pid_t pid, const char *what) {
  int status = 0;
  if (pid <= 0) return true;
  while (waitpid(pid, &status, 0) < 0) continue;
  if (status) dprintf(2, "torture: child %d, %s: status %#x\n", pid, what, status);
  return status == 0;
}

static void __attribute__((noreturn)) processes_child(struct chance *c, bool threads) {
  model_thread.jumpable = 0;
  bool good = acts_leaf(c, threads, "forked child");
  unsigned choice = (unsigned)chance_below(c, 4);
  if (good && choice == 0) {
    struct processes_words w;
    processes_leaf_words(&w, chance_bits(c));
    execv(processes_program, w.words);
  }
  if (choice == 1) quick_exit(good ? 0 : 1);
  if (choice == 2 && threads) exit(good ? 0 : 1);
  _exit(good ? 0 : 1);
}

static bool processes_fork(struct chance *c, bool threads) {
  struct chance own = {chance_bits(c)};
  pid_t pid = fork();
  if (pid == 0) processes_child(&own, threads);
  return processes_wait(pid, "fork");
}

// The child works in its parent's memory: what it does is its parent's.
static __attribute__((noinline)) pid_t processes_vfork(struct chance *c) {
  static char *const words[] = {"/bin/true", NULL};
  bool other_program = chance_below(c, 2);
  pid_t pid = vfork();
  if (pid != 0) return pid;
  for (unsigned i = 0; i < 5; i++) blocks_step(c);
  if (other_program) execv(words[0], words);
  _exit(0);
}

static bool processes_spawn(struct chance *c) {
  struct processes_words w;
  pid_t pid = 0;
  processes_leaf_words(&w, chance_bits(c));
  if (posix_spawn(&pid, processes_program, NULL, NULL, w.words, environ)) return true;
  return processes_wait(pid, "posix_spawn");
}

bool acts_process(struct chance *c) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  unsigned choice = (unsigned)chance_below(c, 4);
  bool good = choice == 0   ? processes_fork(c, false)
              : choice == 1 ? processes_spawn(c)
                            : processes_wait(processes_vfork(c), "vfork");
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return good;
}

bool acts_lonely_fork(struct chance *c) {
  return processes_fork(c, true);
}
