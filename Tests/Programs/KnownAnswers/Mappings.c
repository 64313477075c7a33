// SPDX-License-Identifier: Apache-2.0
//
// Known answers of mappings: what each function has mapped and what is left of it, in pieces and
// bytes. Functions named `reserves` hold address space that may not be touched; `resident` lines
// say what of a function's memory was written to. Prints `process parent PID` or `process child
// PID` before the answers of each, the child's first; a child has not what it inherited.
//
//   Mappings [exit|abort|kill]
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"

enum { KIB = 1 << 10, MIB = 1 << 20 };

// A macro: the function that calls mmap is to be the one with the answer.
#define map(size, protection, flags) \
  checked(mmap(NULL, (size), (protection), (flags) | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))

static char *checked(char *p) {
  if (p == MAP_FAILED) abort();
  return p;
}

static void unmap(char *p, size_t size) {
  if (munmap(p, size) != 0) abort();
}

static void write_to(const char *function, char *p, size_t size) {
  memset(p, 1, size);
  dprintf(STDOUT_FILENO, "resident %s %zu\n", function, size);
}

// ---- whole mappings

ANSWER static void maps_and_keeps(void) {
  for (int i = 0; i < 3; i++) {
    char *p = map(MIB, PROT_READ | PROT_WRITE, 0);
    madvise(p, MIB, MADV_NOHUGEPAGE);
    truth_allocated(__func__, MIB);
    write_to(__func__, p, 256 * KIB);
  }
}

ANSWER static void maps_and_gives_back(void) {
  char *p = map(8 * MIB, PROT_READ | PROT_WRITE, MAP_STACK | MAP_NORESERVE);
  truth_allocated(__func__, 8 * MIB);
  unmap(p, 8 * MIB);
  truth_freed(__func__, 8 * MIB);
}

ANSWER static void maps_too_little(void) {
  map(60 * KIB, PROT_READ | PROT_WRITE, 0);
}

ANSWER static void maps_a_file(void) {
  int fd = memfd_create("answers", 0);
  if (fd < 0 || ftruncate(fd, MIB) != 0) abort();
  if (mmap64(NULL, MIB - 1, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED) abort();
  close(fd);
  truth_allocated(__func__, MIB);
}

// ---- cut

ANSWER static void maps_and_cuts(void) {
  char *p = map(4 * MIB, PROT_READ | PROT_WRITE, 0);
  unmap(p, 64 * KIB);
  unmap(p + 4 * MIB - 128 * KIB, 128 * KIB);
  unmap(p + 2 * MIB, 256 * KIB);
  truth_allocated(__func__, 2 * MIB - 64 * KIB);
  truth_allocated(__func__, 2 * MIB - 256 * KIB - 128 * KIB);
}

ANSWER static char *is_put_upon(void) {
  char *p = map(2 * MIB, PROT_READ | PROT_WRITE, 0);
  truth_allocated(__func__, 768 * KIB);
  truth_allocated(__func__, 768 * KIB);
  return p;
}

ANSWER static void puts_upon(char *p) {
  if (mmap(p + 768 * KIB, 512 * KIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
      p + 768 * KIB)
    abort();
  truth_allocated(__func__, 512 * KIB);
}

// ---- moved

ANSWER static char *maps_what_is_to_grow(void) {
  return map(256 * KIB, PROT_READ | PROT_WRITE, 0);
}

ANSWER static void grows(char *p) {
  char *moved = mremap(p, 256 * KIB, 8 * MIB, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) abort();
  truth_allocated(__func__, 8 * MIB);
}

ANSWER static void maps_and_shrinks(void) {
  char *p = map(MIB, PROT_READ | PROT_WRITE, 0);
  if (mremap(p, MIB, 128 * KIB, 0) != p) abort();
  truth_allocated(__func__, 128 * KIB);
}

ANSWER static char *maps_what_is_to_be_moved(void) {
  char *p = map(2 * MIB, PROT_READ | PROT_WRITE, 0);
  truth_allocated(__func__, MIB);
  return p;
}

ANSWER static char *reserves(void) {
  char *p = map(64 * MIB, PROT_NONE, MAP_NORESERVE);
  truth_allocated(__func__, 16 * MIB);
  truth_allocated(__func__, 64 * MIB - 16 * MIB - MIB - 3 * MIB);
  return p;
}

// Into what is reserved, in front of which more of it is made accessible.
ANSWER static void moves(char *p, char *to) {
  if (mremap(p + MIB, MIB, MIB, MREMAP_MAYMOVE | MREMAP_FIXED, to + 16 * MIB) == MAP_FAILED)
    abort();
  truth_allocated(__func__, MIB);
}

// Of what `reserves` has mapped, so that it is in no answer of its own.
static void commit(char *reserved) {
  if (mprotect(reserved + 17 * MIB, 2 * MIB, PROT_READ | PROT_WRITE) != 0) abort();
  if (mprotect(reserved + 19 * MIB, MIB, PROT_READ | PROT_WRITE) != 0) abort();
}

// ---- by others

ANSWER static void maps_in_a_thread(void) {
  map(2 * MIB, PROT_READ | PROT_WRITE, 0);
  truth_allocated(__func__, 2 * MIB);
}

static void *run_thread(void *unused) {
  maps_in_a_thread();
  return unused;
}

ANSWER static void maps_in_a_vfork_child(void) {
  map(MIB, PROT_READ, 0);
  truth_allocated(__func__, MIB);
}

ANSWER static void maps_in_a_child(void) {
  for (int i = 0; i < 2; i++) map(512 * KIB, PROT_READ, 0);
  truth_allocated(__func__, 512 * KIB);
  truth_allocated(__func__, 512 * KIB);
}

static void be_child(char *inherited, int to_parent) {
  truth_reset();
  unmap(inherited, 64 * KIB);
  maps_in_a_child();
  dprintf(STDOUT_FILENO, "process child %d\n", getpid());
  truth_print();
  char byte = 0;
  if (write(to_parent, &byte, 1) != 1) abort();
  exit(0);
}

int main(int argc, char **argv) {
  int up[2];
  pthread_t threads[4];
  maps_and_keeps();
  maps_and_gives_back();
  maps_too_little();
  maps_a_file();
  maps_and_cuts();
  char *p = is_put_upon();
  puts_upon(p);
  grows(maps_what_is_to_grow());
  maps_and_shrinks();
  char *reserved = reserves();
  moves(maps_what_is_to_be_moved(), reserved);
  commit(reserved);
  for (int i = 0; i < 4; i++)
    if (pthread_create(&threads[i], NULL, run_thread, NULL) != 0) abort();
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  pid_t child = vfork();
  if (child == 0) {
    maps_in_a_vfork_child();
    _exit(0);
  }
  waitpid(child, NULL, 0);
  if (pipe(up) != 0) abort();
  child = fork();
  if (child == 0) be_child(p, up[1]);
  char byte;
  if (child < 0 || read(up[0], &byte, 1) != 1) abort();
  waitpid(child, NULL, 0);
  dprintf(STDOUT_FILENO, "process parent %d\n", getpid());
  return truth_finish(argc, argv);
}
