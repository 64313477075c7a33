// SPDX-License-Identifier: Apache-2.0
//
// musl [preloaded]: built with musl-gcc. Calls what the shim interposes, on two threads; without
// argument, starts itself again with $SHIM preloaded, every allocation sampled, and requires that
// it prints nothing and leaves no file.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include "suite/require.h"

static void *allocate(void *argument) {
  for (size_t size = 0; size < 5000; size += 7) {
    char *p = malloc(size), *q = calloc(2, size);
    REQUIRE(p && q);
    memset(p, 1, size);
    p = realloc(p, size * 2 + 1);
    REQUIRE(p && (size == 0 || p[size - 1] == 1) && (size == 0 || q[size * 2 - 1] == 0));
    REQUIRE(malloc_usable_size(p) > size * 2);
    free(p);
    free(q);
  }
  void *aligned = NULL;
  REQUIRE(posix_memalign(&aligned, 256, 1000) == 0 && (size_t)aligned % 256 == 0);
  free(aligned);
  aligned = aligned_alloc(128, 1280);
  REQUIRE(aligned && (size_t)aligned % 128 == 0);
  free(aligned);
  REQUIRE(malloc((size_t)-1) == NULL);
  return argument;
}

static int allocate_too(void *argument) {
  return allocate(argument) != NULL;
}

static void use_all(void) {
  pthread_t thread;
  thrd_t other;
  int result = 1;
  allocate(NULL);
  REQUIRE(pthread_create(&thread, NULL, allocate, NULL) == 0);
  REQUIRE(pthread_join(thread, NULL) == 0);
  REQUIRE(thrd_create(&other, allocate_too, NULL) == thrd_success);
  REQUIRE(thrd_join(other, &result) == thrd_success && result == 0);
  // glibc has it and musl has not: here it can only be the shim's.
  void *(*page)(size_t);
  *(void **)&page = dlsym(RTLD_DEFAULT, "pvalloc");
  REQUIRE(page);
  void *p = page(10);
  REQUIRE(p && (size_t)p % (size_t)sysconf(_SC_PAGESIZE) == 0);
  free(p);
  int status = 1;
  pid_t child = fork();
  if (child == 0) {
    allocate(NULL);
    _exit(0);
  }
  REQUIRE(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static int files_in(const char *folder) {
  DIR *directory = opendir(folder);
  int count = -2;  // . and ..
  REQUIRE(directory);
  while (readdir(directory)) count++;
  closedir(directory);
  return count;
}

int main(int argc, char **argv) {
  if (argc > 1) {
    use_all();
    return 0;
  }
  char folder[] = "/tmp/silt-musl-XXXXXX", said[100];
  int output[2], status = 1;
  const char *shim = getenv("SHIM");
  REQUIRE(shim && mkdtemp(folder) && pipe(output) == 0);
  setenv("LD_PRELOAD", shim, 1);
  setenv("SILT_DIR", folder, 1);
  setenv("SILT_INTERVAL", "1", 1);
  pid_t child = fork();
  if (child == 0) {
    dup2(output[1], 1);
    dup2(output[1], 2);
    close(output[0]);
    execl(argv[0], argv[0], "preloaded", (char *)0);
    _exit(1);
  }
  close(output[1]);
  ssize_t got = read(output[0], said, sizeof said);
  if (got > 0) fwrite(said, 1, (size_t)got, stderr);
  REQUIRE(child > 0 && waitpid(child, &status, 0) == child && status == 0 && got == 0);
  REQUIRE(files_in(folder) == 0);
  rmdir(folder);
  printf("musl: works, and nothing is recorded\n");
  return 0;
}
