// SPDX-License-Identifier: Apache-2.0
//
// Host PLUGIN: a program that does, once, whatever makes the shim work, and prints all of its own
// state that a guest could spoil: results, errno, signal mask and handlers, descriptors, memory
// protections, limits, children. What it prints is the same at each run, so any difference is the
// shim's.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *format, ...) {
  char line[512];
  va_list values;
  va_start(values, format);
  int size = vsnprintf(line, sizeof line, format, values);
  va_end(values);
  if (write(1, line, (size_t)size) != size) _exit(90);
}

static void say_mask(const char *when) {
  sigset_t mask, pending;
  pthread_sigmask(SIG_BLOCK, NULL, &mask);
  sigpending(&pending);
  say("%s: blocked", when);
  for (int i = 1; i < 65; i++)
    if (sigismember(&mask, i) == 1) say(" %d", i);
  say(", pending");
  for (int i = 1; i < 65; i++)
    if (sigismember(&pending, i) == 1) say(" %d", i);
  say("\n");
}

static void say_descriptors(const char *when) {
  say("%s: descriptors", when);
  for (int fd = 0; fd < 256; fd++)
    if (fcntl(fd, F_GETFD) >= 0) say(" %d", fd);
  say("\n");
}

static void say_handlers(void) {
  say("handlers");
  for (int i = 1; i < 65; i++) {
    struct sigaction action;
    if (i == SIGUSR2 || sigaction(i, NULL, &action) || action.sa_handler == SIG_DFL) continue;
    say(" %d", i);
  }
  say("\n");
}

// Files only, and none of the shim's.
static void say_protections(void) {
  static char maps[1 << 18];
  size_t got = 0;
  int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  for (ssize_t more; (more = read(fd, maps + got, sizeof maps - 1 - got)) > 0;) got += (size_t)more;
  close(fd);
  maps[got] = '\0';
  for (char *line = maps, *end; (end = strchr(line, '\n')); line = end + 1) {
    *end = '\0';
    char *name = strrchr(line, '/'), *rights = strchr(line, ' ');
    if (strstr(line, "[stack]")) name = "/stack";
    if (name && rights && !strstr(name, "silt")) say("%.4s %s\n", rights + 1, name + 1);
  }
}

static void say_limits(void) {
  for (int which = 0; which < RLIM_NLIMITS; which++) {
    struct rlimit limit = {0, 0};
    getrlimit((__rlimit_resource_t)which, &limit);
    say("limit %d: %lu %lu\n", which, (unsigned long)limit.rlim_cur, (unsigned long)limit.rlim_max);
  }
  mode_t mask = umask(0);
  umask(mask);
  say("umask %o\n", mask);
}

// ---- allocations

static void *blocks[64];

static __attribute__((noinline)) void descend(unsigned depth, unsigned path) {
  if (depth > 0) {
    if (path & 1) {
      descend(depth - 1, path >> 1);
      __asm__ volatile("nop" ::: "memory");
    } else {
      descend(depth - 1, path >> 1);
      __asm__ volatile("" ::: "memory");
    }
    return;
  }
  errno = 77;
  void **block = &blocks[path % 64];
  free(*block);
  *block = malloc(100 + path);
  if (!*block) _exit(91);
  memset(*block, 1, 100 + path);
  if (path % 3 == 0) *block = realloc(*block, 3000 + path);
  if (errno != 77) say("errno %d after an allocation\n", errno);
}

static void allocate(unsigned from, unsigned to) {
  for (unsigned i = from; i < to; i++) descend(10, i);
}

static void *thread_run(void *argument) {
  say_mask("thread");
  allocate(0, 40);
  say_mask("thread at its end");
  return argument;
}

static void run_thread(void) {
  pthread_t thread;
  void *result = NULL;
  if (pthread_create(&thread, NULL, thread_run, blocks)) _exit(92);
  pthread_join(thread, &result);
  say("thread %s\n", result == blocks ? "joined" : "lost");
}

static void run_plugin(const char *path) {
  void *library = dlopen(path, RTLD_NOW);
  void *(*allocate_there)(size_t) = NULL;
  if (library) *(void **)&allocate_there = dlsym(library, "plugin_allocate");
  say("plugin %s\n", allocate_there ? "found" : "lost");
  if (!allocate_there) return;
  free(allocate_there(123));
  say("dlclose %d\n", dlclose(library));
  // The shim asked the loader itself: nothing of that may be left.
  const char *error = dlerror();
  say("dlerror %s\n", error ? error : "none");
}

static void wait_for(pid_t pid, const char *what) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  say("%s: status %#x\n", what, status);
}

static void run_child(void) {
  pid_t pid = fork();
  if (pid == 0) {
    say_mask("child");
    allocate(100, 400);
    raise(SIGUSR2);
    say_descriptors("child");
    say_mask("child at its end");
    _exit(7);
  }
  wait_for(pid, "fork");
}

static __attribute__((noinline)) pid_t run_vfork(int status) {
  pid_t pid = vfork();
  if (pid) return pid;
  free(malloc(77));
  if (status) _exit(status);
  execl("/bin/true", "true", (char *)NULL);
  _exit(93);
}

int main(int count, char **words) {
  if (count < 2) return 2;
  struct sigaction dump;
  if (sigaction(SIGUSR2, NULL, &dump) == 0 && dump.sa_handler == SIG_DFL) signal(SIGUSR2, SIG_IGN);
  sigset_t some;
  sigemptyset(&some);
  sigaddset(&some, SIGHUP);
  sigaddset(&some, SIGWINCH);
  sigprocmask(SIG_BLOCK, &some, NULL);
  char *guarded = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(guarded, 4096, PROT_READ);
  say_mask("start");
  say_descriptors("start");
  allocate(0, 1500);
  raise(SIGUSR2);
  say_mask("after a dump");
  run_thread();
  run_plugin(words[1]);
  run_child();
  wait_for(run_vfork(8), "vfork");
  wait_for(run_vfork(0), "vfork and exec");
  allocate(1500, 2000);
  raise(SIGUSR2);
  for (unsigned i = 0; i < 64; i++) free(blocks[i]);
  say_mask("end");
  say_descriptors("end");
  say_handlers();
  say_protections();
  say_limits();
  // Each page is as it was: the first may not be written.
  int fds[2];
  if (pipe(fds) == 0 && write(fds[1], "x", 1) == 1) {
    ssize_t got = read(fds[0], guarded, 1);
    int error = errno;
    say("guarded %zd %d, open %zd\n", got, error, read(fds[0], guarded + 4096, 1));
  }
  say("children %d\n", waitpid(-1, NULL, WNOHANG));
  return 5;
}
