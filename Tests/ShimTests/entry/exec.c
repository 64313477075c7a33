// SPDX-License-Identifier: Apache-2.0
//
// exec LIBSILT.SO: what the session of a program says after each way to become another program,
// after those that fail, and of a program whose children do it.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>

#include "entry/preloaded.h"

extern char **environ;

#define TRUE "/bin/true"
#define NOWHERE "/nonexistent/program"
static char *const arguments[] = {"true", NULL};

// ---- the ways; `path` is one that is there, or not

static void by_execve(const char *path) {
  execve(path, arguments, environ);
}
static void by_execv(const char *path) {
  execv(path, arguments);
}
static void by_execvp(const char *path) {
  execvp(path, arguments);
}
static void by_execvpe(const char *path) {
  execvpe(path, arguments, environ);
}
static void by_execl(const char *path) {
  execl(path, "true", NULL);
}
static void by_execlp(const char *path) {
  execlp(path, "true", NULL);
}
static void by_execle(const char *path) {
  execle(path, "true", NULL, environ);
}
static void by_execveat(const char *path) {
  execveat(AT_FDCWD, path, arguments, environ, 0);
}
static void by_fexecve(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0) fexecve(fd, arguments, environ);
}

static void in_handler(int signal) {
  (void)signal;
  execl(TRUE, "true", NULL);
}

static void by_signal(const char *path) {
  signal(SIGUSR1, in_handler);
  if (strcmp(path, TRUE) == 0) raise(SIGUSR1);
  errno = ENOENT;
}

static const struct {
  const char *name;
  void (*call)(const char *path);
} ways[] = {{"execve", by_execve},      {"execv", by_execv},       {"execvp", by_execvp},
            {"execvpe", by_execvpe},    {"execl", by_execl},       {"execlp", by_execlp},
            {"execle", by_execle},      {"execveat", by_execveat}, {"fexecve", by_fexecve},
            {"in a handler", by_signal}};
enum { WAYS = sizeof ways / sizeof ways[0] };

// ---- in the program that is recorded

static pid_t looked_for;
static uint32_t state;

static void look(const struct silt_header *file) {
  if (!looked_for || file->pid == (uint32_t)looked_for) state = file->state;
}

static uint32_t state_of(pid_t pid) {
  looked_for = pid;
  state = 0;
  preloaded_each(getenv("SILT_DIR"), ".live.silt", look);
  return state;
}

static void wait_for(pid_t child) {
  int status;
  REQUIRE(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static int fails(void) {
  for (int i = 0; i < WAYS; i++) {
    errno = 0;
    ways[i].call(NOWHERE);
    REQUIRE(errno == ENOENT && state_of(getpid()) == SILT_STATE_RUNNING);
  }
  return 0;
}

static int in_children(void) {
  pid_t child = vfork();
  if (child == 0) {
    execl(NOWHERE, "true", NULL);
    execl(TRUE, "true", NULL);
    _exit(1);
  }
  wait_for(child);
  REQUIRE(state_of(getpid()) == SILT_STATE_RUNNING);
  REQUIRE(posix_spawn(&child, TRUE, NULL, NULL, arguments, environ) == 0);
  wait_for(child);
  REQUIRE(system(TRUE) == 0 && state_of(getpid()) == SILT_STATE_RUNNING);
  child = fork();
  if (child == 0) execl(TRUE, "true", NULL);
  wait_for(child);
  REQUIRE(state_of(child) == 0 && state_of(getpid()) == SILT_STATE_RUNNING);
  child = fork();
  if (child == 0) {
    free(malloc(100));
    execl(TRUE, "true", NULL);
  }
  wait_for(child);
  REQUIRE(state_of(child) == SILT_STATE_EXECED && state_of(getpid()) == SILT_STATE_RUNNING);
  return 0;
}

static int passes_everything_on(void) {
  char *const environment[] = {"X=y", NULL};
  execle("/bin/sh", "sh", "-c", "[ \"$1/$2/$#/$X/$SILT_DIR\" = a/b/3/y/ ]", "sh", "a", "b", "",
         NULL, environment);
  return 1;
}

static int run(const char *what) {
  free(malloc(100));
  if (strcmp(what, "fails") == 0) return fails();
  if (strcmp(what, "in children") == 0) return in_children();
  if (strcmp(what, "passes everything on") == 0) return passes_everything_on();
  for (int i = 0; i < WAYS; i++)
    if (strcmp(what, ways[i].name) == 0) ways[i].call(TRUE);
  return 1;
}

// ---- in the one that looks at it

static int failures;

static void check(const char *shim, const char *what, uint32_t wanted) {
  preloaded_begin();
  setenv("SILT_DIR", preloaded_folder, 1);
  int status = preloaded_run(shim, "exec", what);
  uint32_t left = state_of(0);
  if (status || left != wanted) {
    printf("exec: %s: status %x, state %u, not %u\n", what, status, left, wanted);
    failures++;
  }
  preloaded_end();
}

int main(int argc, char **argv) {
  if (strcmp(argv[0], "exec") == 0) return run(argv[argc - 1]);
  REQUIRE(argc > 1);
  for (int i = 0; i < WAYS; i++) check(argv[1], ways[i].name, SILT_STATE_EXECED);
  check(argv[1], "passes everything on", SILT_STATE_EXECED);
  check(argv[1], "fails", 0);
  check(argv[1], "in children", SILT_STATE_EXECED);
  if (!failures) printf("exec: %d ways to become another program are told\n", WAYS);
  return failures != 0;
}
