// SPDX-License-Identifier: Apache-2.0
//
// Blocks of which a known share is touched, each with a mapping of its own, so that no page has
// anything else. Four functions have COUNT blocks of SIZE bytes each. Prints a line for each
// function, its name and how many bytes of its blocks are resident, then "ready", and obeys its
// input: "fork PERCENT" has a child write to so much of each block of touch_all and wait, and
// prints how many bytes of these blocks are not shared then; "orphan PERCENT" has the child of a
// child that has ended do so; "pageout" asks the kernel to put the blocks of touch_half into swap;
// "work CHILDREN [again]" forks children, which begin the program anew with "again", and has all of
// them and itself allocate and touch SIZE bytes at once, and prints how many bytes it has of these.
// The end of the input ends it.
//
// SIZE must be more than the first heap of the program has, 132 KiB.
//
//   Touched COUNT SIZE
#define _GNU_SOURCE
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { header = 16, most = 4096 };
static size_t count, size, page;

static __attribute__((noinline)) char *touch_none(void) {
  return malloc(size);
}
static __attribute__((noinline)) char *touch_quarter(void) {
  return malloc(size);
}
static __attribute__((noinline)) char *touch_half(void) {
  return malloc(size);
}
static __attribute__((noinline)) char *touch_all(void) {
  return malloc(size);
}

// Bytes of a block on pages of which something is touched, if so many bytes at its beginning are.
// malloc itself writes to the first page.
static size_t bytes_on_pages(size_t touched) {
  size_t end = (header + (touched ? touched : 1) + page - 1) / page * page - header;
  return end < size ? end : size;
}

static void hold(const char *name, char *(*make)(void), char **blocks, size_t touched) {
  for (size_t i = 0; i < count; i++) {
    blocks[i] = make();
    if (blocks[i] == NULL || (size_t)blocks[i] % page != header) exit(3);
    memset(blocks[i], 1, touched);
  }
  printf("%s %zu\n", name, count * bytes_on_pages(touched));
}

static int write_in_child(char **blocks, size_t bytes, int is_orphan) {
  int ready[2];
  char byte = 0;
  if (pipe(ready) != 0) return -1;
  pid_t own = getpid(), child = fork();
  if (child == 0) {
    if (is_orphan && fork() != 0) _exit(0);
    for (size_t i = 0; i < count; i++) memset(blocks[i], 2, bytes);
    if (write(ready[1], &byte, 1) != 1) _exit(1);
    while (kill(own, 0) == 0) usleep(50000);  // until the program has ended
    _exit(0);
  }
  if (is_orphan) waitpid(child, NULL, 0);
  return read(ready[0], &byte, 1) == 1 ? 0 : -1;
}

static __attribute__((noinline)) char *work_alone(void) {
  return malloc(size);
}

static void work(void) {
  for (int i = 0; i < 4; i++) memset(work_alone(), 3, size);
}

static int work_beside(int children, int begins_anew, char **argv) {
  int ready[2];
  char byte = 0, number[16];
  if (pipe(ready) != 0) return -1;
  for (int i = 0; i < children; i++) {
    if (fork() != 0) continue;
    prctl(PR_SET_PDEATHSIG, 9);
    snprintf(number, sizeof number, "%d", ready[1]);
    if (begins_anew) execl("/proc/self/exe", argv[0], argv[1], argv[2], number, (char *)NULL);
    work();
    if (write(ready[1], &byte, 1) != 1) _exit(1);
    for (;;) pause();
  }
  work();
  for (int i = 0; i < children; i++)
    if (read(ready[0], &byte, 1) != 1) return -1;
  return 0;
}

int main(int argc, char **argv) {
  static char *none[most], *quarter[most], *half[most], *all[most];
  if (argc < 3) return 2;
  count = strtoul(argv[1], NULL, 10);
  size = strtoul(argv[2], NULL, 10);
  page = (size_t)sysconf(_SC_PAGESIZE);
  if (count > most || size < page) return 2;
  mallopt(M_MMAP_THRESHOLD, (int)page);
  mallopt(M_MMAP_MAX, 4 * most);
  prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  hold("touch_none", touch_none, none, 0);
  hold("touch_quarter", touch_quarter, quarter, size / 4);
  hold("touch_half", touch_half, half, size / 2);
  hold("touch_all", touch_all, all, size);
  if (argc > 3) {
    char byte = 0;
    work();
    if (write(atoi(argv[3]), &byte, 1) != 1) return 1;
    for (;;) pause();
  }
  puts("ready");
  fflush(stdout);
  char line[64];
  size_t percent;
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "fork %zu", &percent) == 1 && percent <= 100) {
      if (write_in_child(all, size * percent / 100, 0) != 0) return 1;
      printf("%zu\n", count * bytes_on_pages(size * percent / 100));
    } else if (sscanf(line, "orphan %zu", &percent) == 1 && percent <= 100) {
      if (write_in_child(all, size * percent / 100, 1) != 0) return 1;
      printf("%zu\n", count * bytes_on_pages(size * percent / 100));
    } else if (sscanf(line, "work %zu", &percent) == 1) {
      if (work_beside((int)percent, strstr(line, "again") != NULL, argv) != 0) return 1;
      printf("%zu\n", 4 * size);
    } else if (strncmp(line, "pageout", 7) == 0) {
      int failed = 0;
      for (size_t i = 0; i < count; i++)
        failed |= madvise(half[i] - header, (size + header) / page * page, MADV_PAGEOUT);
      printf("%d\n", failed);
    }
    fflush(stdout);
  }
  return 0;
}
