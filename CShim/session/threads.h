// SPDX-License-Identifier: Apache-2.0
//
// The table of the threads that are alive, each with the stack that created it. What a thread is to
// run is handed over in the process's own memory: nothing that the file says is ever called.
//
// All calls are lock-free, and preserve errno. They allocate nothing; glibc does, once in a thread,
// if the program made more than thirty keys of thread-specific data before we could make ours.
#ifndef SILT_THREADS_H
#define SILT_THREADS_H

#include "base/base.h"

// Records at most; the kernel's bound on mappings ends the creation of threads at half of it.
#define SILT_THREADS_MAX 65536u

// From the constructor: what the first creation would otherwise do.
void silt_threads_init(void);

// What the new thread is to call.
struct silt_call {
  void *routine;
  void *argument;
};

// The same on its way from the creator.
struct silt_launch {
  struct silt_call call;
  uint32_t next;   // of the free ones, as index + 1; 0: none
  uint32_t holds;  // creator and thread: the slot is free when both have let go
};

// By the creator, before the thread is made; `stack` is its own. NULL if there is no room, which is
// counted.
struct silt_launch *silt_threads_prepare(struct silt_header *header, struct silt_call call,
                                         uint32_t stack, uint64_t stack_size);

// By the creator, exactly once, when it knows whether the thread was made.
void silt_threads_settle(struct silt_launch *launch, bool made);

// By the new thread, first of all; returns what it is to run. Its end is noticed from here on,
// however it comes: return, pthread_exit or cancellation.
struct silt_call silt_threads_enter(struct silt_launch *launch);

// Slots to look through: ever used, at most as many as are present.
uint64_t silt_threads_slots(struct silt_header *header);

// Copies the record in a slot; false if it has none, or changed meanwhile.
bool silt_threads_copy(struct silt_header *header, uint64_t slot,
                       struct silt_thread_record *record);

#endif
