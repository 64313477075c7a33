// SPDX-License-Identifier: Apache-2.0
//
// Runs the tests and says which have failed.
#define _GNU_SOURCE
#include "suite/suite.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/config.h"
#include "base/os.h"

char suite_folder[64];
uint64_t suite_seed;
uint64_t suite_reservations = UINT64_MAX;
static uint64_t drawn;

uint64_t suite_random(void) {
  return silt_mix(suite_seed + add_relaxed(&drawn, UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15));
}

uint64_t suite_below(uint64_t bound) {
  return suite_random() % bound;
}

int __real_silt_os_populate(void *address, size_t size);
int __wrap_silt_os_populate(void *address, size_t size);

int __wrap_silt_os_populate(void *address, size_t size) {
  uint64_t left = load_relaxed(&suite_reservations);
  do
    if (left == 0) return ENOSPC;
  while (!cas_relaxed(&suite_reservations, &left, left - 1));
  return __real_silt_os_populate(address, size);
}

void suite_make_room(void) {
  suite_reservations = UINT64_MAX;
  nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

void suite_configure(const char *name, ...) {
  va_list settings;
  clearenv();
  setenv("SILT_DIR", suite_folder, 1);
  setenv("SILT_CAPACITY", "1M", 1);
  va_start(settings, name);
  for (; name; name = va_arg(settings, const char *))
    setenv(name, va_arg(settings, const char *), 1);
  va_end(settings);
  silt_config_read();
}

const char *suite_file(const char *ending) {
  static char path[200];
  char comm[16] = "";
  int fd = open("/proc/self/comm", O_RDONLY);
  ssize_t got = read(fd, comm, sizeof comm - 1);
  close(fd);
  while (got > 0 && comm[got - 1] == '\n') comm[--got] = '\0';
  snprintf(path, sizeof path, "%s/%s.%d%s", suite_folder, comm, getpid(), ending);
  return path;
}

bool suite_is_there(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0;
}

bool suite_is_called(const char *name, const char *ending) {
  return strcmp(name, strrchr(suite_file(ending), '/') + 1) == 0;
}

static void (*together)(unsigned);

static void *run_one(void *thread) {
  together((unsigned)(uintptr_t)thread);
  return NULL;
}

void suite_run_together(void (*run)(unsigned thread)) {
  pthread_t threads[SUITE_THREADS];
  together = run;
  for (uintptr_t i = 0; i < SUITE_THREADS; i++)
    REQUIRE(pthread_create(&threads[i], NULL, run_one, (void *)i) == 0);
  for (int i = 0; i < SUITE_THREADS; i++) pthread_join(threads[i], NULL);
}

static void remove_folder(void) {
  DIR *folder = opendir(suite_folder);
  if (!folder) return;
  for (struct dirent *entry; (entry = readdir(folder));) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", suite_folder, entry->d_name);
    unlink(path);
  }
  closedir(folder);
  rmdir(suite_folder);
}

static bool passes(const struct test *test) {
  strcpy(suite_folder, "/dev/shm/silt-suite-XXXXXX");  // a session may be mapped from there
  REQUIRE(mkdtemp(suite_folder));
  int status = 0;
  pid_t child = fork();
  if (child == 0) {
    alarm(600);  // a test that hangs has failed
    suite_configure(NULL);
    test->run();
    _exit(0);
  }
  waitpid(child, &status, 0);
  remove_folder();
  if (status) fprintf(stderr, "FAILED (status %d): %s\n", status, test->name);
  return status == 0;
}

static struct {
  const struct test *tests;
  size_t count;
} files[32];
static size_t file_count;

void suite_add(const struct test *tests, size_t count) {
  if (file_count == sizeof files / sizeof files[0]) abort();
  files[file_count].tests = tests;
  files[file_count++].count = count;
}

int main(int count, char **arguments) {
  int passed = 0, failed = 0;
  const char *seed = getenv("SEED");
  suite_seed = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid();
  for (size_t i = 0; i < file_count; i++) {
    for (size_t k = 0; k < files[i].count; k++) {
      const struct test *test = &files[i].tests[k];
      if (count > 1 && !strstr(test->name, arguments[1])) continue;
      passes(test) ? passed++ : failed++;
    }
  }
  printf("%d passed, %d failed (SEED=%llu)\n", passed, failed, (unsigned long long)suite_seed);
  return failed != 0;
}
