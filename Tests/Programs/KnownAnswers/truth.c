// SPDX-License-Identifier: Apache-2.0
//
// The ledger: a fixed table under one mutex.
#define _GNU_SOURCE
#include "truth.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_ANSWERS = 128, MAX_NAME = 64 };

struct answer {
  char name[MAX_NAME];  // a copy: the function's library may be unloaded
  long live_objects, live_bytes, alloc_objects, alloc_bytes;
};

static struct answer answers[MAX_ANSWERS];
static int answer_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// The table is sorted by name.
static struct answer *find(const char *name) {
  int place = 0;
  while (place < answer_count && strcmp(answers[place].name, name) < 0) place++;
  if (place < answer_count && strcmp(answers[place].name, name) == 0) return &answers[place];
  if (answer_count == MAX_ANSWERS || strlen(name) >= MAX_NAME) abort();
  memmove(&answers[place + 1], &answers[place],
          (size_t)(answer_count++ - place) * sizeof(struct answer));
  memset(&answers[place], 0, sizeof(struct answer));
  strcpy(answers[place].name, name);
  return &answers[place];
}

void truth_allocated(const char *function, size_t size) {
  pthread_mutex_lock(&lock);
  struct answer *answer = find(function);
  answer->live_objects++;
  answer->live_bytes += (long)size;
  answer->alloc_objects++;
  answer->alloc_bytes += (long)size;
  pthread_mutex_unlock(&lock);
}

void truth_freed(const char *function, size_t size) {
  pthread_mutex_lock(&lock);
  struct answer *answer = find(function);
  answer->live_objects--;
  answer->live_bytes -= (long)size;
  pthread_mutex_unlock(&lock);
}

struct block truth_take(const char *owner, void *address, size_t size) {
  if (address) truth_allocated(owner, size);
  return (struct block){address, size, owner};
}

struct block truth_resize(struct block old, const char *owner, void *address, size_t size) {
  if (!address && size > 0) return old;
  if (old.address) truth_freed(old.owner, old.size);
  return truth_take(owner, address, size);
}

void *truth_drop(struct block block) {
  if (block.address) truth_freed(block.owner, block.size);
  return block.address;
}

void truth_reset(void) {
  pthread_mutex_lock(&lock);
  answer_count = 0;
  pthread_mutex_unlock(&lock);
}

// One write for each line, unbuffered, so that nothing is printed twice by a child.
void truth_print(void) {
  pthread_mutex_lock(&lock);
  for (int i = 0; i < answer_count; i++) {
    const struct answer *a = &answers[i];
    dprintf(STDOUT_FILENO, "truth %s %ld %ld %ld %ld\n", a->name, a->live_objects, a->live_bytes,
            a->alloc_objects, a->alloc_bytes);
  }
  pthread_mutex_unlock(&lock);
}

int truth_finish(int argc, char **argv) {
  truth_print();
  dprintf(STDOUT_FILENO, "ready\n");
  const char *how = argc > 1 ? argv[1] : "wait";
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "kill") == 0) raise(SIGKILL);
  if (strcmp(how, "wait") == 0) {
    char byte;
    while (read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n') continue;
  }
  return 0;
}
