// SPDX-License-Identifier: Apache-2.0
//
// The table of the threads that are alive, each with the stack that created it. What a thread is to
// run is handed over in the process's own memory: nothing that the file says is ever called.
//
// All calls are lock-free and preserve errno. They allocate nothing, with one exception: glibc
// allocates once in a thread if the program had made more than thirty keys of thread-specific data
// before we made ours.
#ifndef SILT_THREADS_H
#define SILT_THREADS_H

#include "base/base.h"

// From the constructor: makes the key of thread-specific data early.
void silt_threads_init(void);

// For the first session: how much memory the launches take, and where it is; all zero.
uint64_t silt_threads_size(void);
void silt_threads_open(void *memory);

// The routine that the program wants the new thread to call.
struct silt_call {
  void *routine;
  void *argument;
  int64_t stack_lowest;  // as silt_bounds_begin_thread asks for
};

// The same, with what the creator and the new thread share until the thread ends.
struct silt_launch {
  struct silt_call call;
  struct silt_boxes boxes;  // the creator's
  uint32_t next;            // in the list of free slots, as index + 1; 0: none
  uint32_t holds;           // 2 for creator and thread; the slot is free when both have let go
};

// By the creator, before the thread is made; `stack` is the creator's. NULL if there is no room;
// that is counted.
struct silt_launch *silt_threads_prepare(struct silt_header *header, struct silt_call call,
                                         uint32_t stack, uint64_t stack_size);

// By the creator, exactly once, when it knows whether the thread has been made.
void silt_threads_settle(struct silt_launch *launch, bool made);

// By the new thread, before anything else; returns what it has to run. From here on its end is
// noticed, whether by return, pthread_exit or cancellation.
struct silt_call silt_threads_enter(struct silt_launch *launch);

// Copies the record in a slot. False if there is none, or if it changed during the copy.
bool silt_threads_copy(struct silt_header *header, uint64_t slot,
                       struct silt_thread_record *record);

#endif
