// SPDX-License-Identifier: Apache-2.0
//
// Slot i of the region belongs to threads_launches[i]. The free slots are a lock-free list
// (Treiber's stack). Its head contains a count of removals: else a head that was removed and put
// back meanwhile would look unchanged to a slow thread (the ABA problem).
//
// The end of a thread is noticed by a destructor of thread-specific data, which glibc runs after
// return, pthread_exit and cancellation, and which needs no frame of ours on the thread's stack. A
// thread that ends by a bare exit system call is not noticed.
#define _GNU_SOURCE
#include "tables/threads.h"

#include <errno.h>

#include "base/libc.h"
#include "base/os.h"
#include "session/owner.h"
#include "session/regions.h"
#include "session/session.h"

#define THREADS_SIZE (SILT_THREADS_MAX * sizeof(struct silt_launch))
static struct silt_launch *threads_launches;  // SILT_THREADS_MAX of them
static uint64_t threads_free_slots;           // pops << 32 | index + 1
static uint32_t threads_generation;           // of the process whose session the slots are in

static uint32_t threads_key;  // + 1; 0: not made yet

uint64_t silt_threads_size(void) {
  return THREADS_SIZE;
}

void silt_threads_open(void *memory) {
  threads_launches = memory;
}

static struct silt_thread_record *threads_record(struct silt_header *header, uint64_t slot) {
  return silt_region_at(header, SILT_REGION_THREADS, slot);
}

// ---- slots

// A forked child has none of its parent's threads. It has one thread when it makes the first new
// one, so nothing else runs here meanwhile.
static void threads_follow_session(void) {
  uint32_t before = load_acquire(&threads_generation), now = silt_owner_generation();
  if (SILT_LIKELY(before == now)) return;
  silt_os_discard(threads_launches, THREADS_SIZE);
  store_relaxed(&threads_free_slots, UINT64_C(0));
  cas_acq_rel(&threads_generation, &before, now);
}

static bool threads_claim(struct silt_header *header, uint64_t *slot) {
  uint64_t head = load_acquire(&threads_free_slots);
  while ((uint32_t)head) {
    uint64_t first = (uint32_t)head - 1;
    uint64_t rest = ((head >> 32) + 1) << 32 | load_relaxed(&threads_launches[first].next);
    if (!cas_acq_rel(&threads_free_slots, &head, rest)) continue;
    *slot = first;
    return true;
  }
  return silt_region_claim(header, SILT_REGION_THREADS, 1, slot);
}

static void threads_let_go(struct silt_launch *launch) {
  if (add_acq_rel(&launch->holds, UINT32_MAX) != 1) return;
  uint32_t self = (uint32_t)(launch - threads_launches) + 1;
  uint64_t head = load_relaxed(&threads_free_slots), mine;
  do {
    store_relaxed(&launch->next, (uint32_t)head);
    mine = (head & ~(uint64_t)UINT32_MAX) | self;
  } while (
      !cas_acq_rel(&threads_free_slots, &head, mine));  // pairs with the acquire in threads_claim()
}

static uint32_t threads_own_id(void) {
  if (!silt_thread.id) silt_thread.id = silt_os_thread();
  return silt_thread.id;
}

// ---- the end of a thread

// The thread-specific value: the slot, and the generation of the process. A fork copies the value
// into the child, where the slot is not this thread's.
static uint64_t threads_value(const struct silt_launch *launch) {
  return (uint64_t)load_relaxed(&threads_generation) << 32 |
         ((uint64_t)(launch - threads_launches) + 1);
}

static void threads_on_end(void *value) {
  struct silt_header *header = silt_session_current();
  uint64_t slot = (uint32_t)(uintptr_t)value - 1;
  if (!header || (uintptr_t)value >> 32 != silt_owner_generation()) return;
  store_release(&threads_record(header, slot)->state, (uint16_t)SILT_THREAD_FREE);
  threads_let_go(&threads_launches[slot]);
}

static bool threads_have_key(void) {
  if (SILT_LIKELY(load_acquire(&threads_key))) return true;
  pthread_key_t fresh;
  uint32_t none = 0;
  if (!pthread_key_create || pthread_key_create(&fresh, threads_on_end)) return false;
  if (!cas_acq_rel(&threads_key, &none, (uint32_t)fresh + 1)) pthread_key_delete(fresh);
  return true;
}

void silt_threads_init(void) {
  threads_have_key();
}

// ---- creation

// Every field is stored atomically: a dump may copy the slot at the same time. It then finds state
// MAKING or a wrong check, and drops the copy.
static void threads_fill(struct silt_thread_record *record,
                         const struct silt_thread_record *facts) {
  store_relaxed(&record->state, (uint16_t)SILT_THREAD_MAKING);
  // Orders MAKING before the new fields, for readers of the file that look at `state` again after
  // copying. silt_threads_copy relies on the check instead.
  fence_release();
  store_relaxed(&record->routine, facts->routine);
  store_relaxed(&record->time, facts->time);
  store_relaxed(&record->stack_size, facts->stack_size);
  store_relaxed(&record->handle, UINT64_C(0));
  store_relaxed(&record->stack, facts->stack);
  store_relaxed(&record->creator, facts->creator);
  store_relaxed(&record->thread, 0u);
  store_relaxed(&record->check, silt_thread_check(facts));
}

struct silt_launch *silt_threads_prepare(struct silt_header *header, struct silt_call call,
                                         uint32_t stack, uint64_t stack_size) {
  uint64_t slot;
  threads_follow_session();
  if (!threads_have_key() || !threads_claim(header, &slot)) {
    silt_session_lose(header, SILT_LOST_THREADS, 0);
    return NULL;
  }
  struct silt_thread_record facts = {.routine = (uintptr_t)call.routine,
                                     .stack_size = stack_size,
                                     .stack = stack,
                                     .creator = threads_own_id(),
                                     .time = silt_os_monotonic()};
  threads_fill(threads_record(header, slot), &facts);
  threads_launches[slot].call = call;
  threads_launches[slot].boxes = silt_thread.boxes;
  store_relaxed(&threads_launches[slot].holds, 2u);
  return &threads_launches[slot];
}

void silt_threads_settle(struct silt_launch *launch, bool made) {
  struct silt_header *header = silt_session_current();
  if (!header) return;
  struct silt_thread_record *record = threads_record(header, (uint64_t)(launch - threads_launches));
  if (made) {
    // Only if it does not run yet; it may even have ended. The slot is still ours until we let go.
    uint16_t making = SILT_THREAD_MAKING;
    cas_acq_rel(&record->state, &making, (uint16_t)SILT_THREAD_CREATED);
  } else {
    store_relaxed(&record->state, (uint16_t)SILT_THREAD_FREE);
    threads_let_go(launch);
  }
  threads_let_go(launch);
}

struct silt_call silt_threads_enter(struct silt_launch *launch) {
  int saved = errno;
  struct silt_call call = launch->call;
  silt_thread.boxes = launch->boxes;
  silt_thread.told = 1;
  struct silt_header *header = silt_session_current();
  if (header) {
    struct silt_thread_record *record =
        threads_record(header, (uint64_t)(launch - threads_launches));
    if (pthread_setspecific(load_relaxed(&threads_key) - 1,
                            (void *)(uintptr_t)threads_value(launch)) == 0) {
      store_relaxed(&record->thread, threads_own_id());
      store_relaxed(&record->handle, (uint64_t)pthread_self());
      store_release(&record->state, (uint16_t)SILT_THREAD_RUNNING);  // pairs with silt_threads_copy
    } else {
      silt_session_lose(header, SILT_LOST_THREADS, 0);
      store_relaxed(&record->state, (uint16_t)SILT_THREAD_FREE);
      threads_let_go(launch);
    }
  }
  errno = saved;
  return call;
}

// ---- reading

bool silt_threads_copy(struct silt_header *header, uint64_t slot,
                       struct silt_thread_record *record) {
  struct silt_thread_record *from = threads_record(header, slot);
  uint16_t state = load_acquire(&from->state);
  if (state != SILT_THREAD_CREATED && state != SILT_THREAD_RUNNING) return false;
  *record = (struct silt_thread_record){
      .routine = load_relaxed(&from->routine),
      .time = load_relaxed(&from->time),
      .stack_size = load_relaxed(&from->stack_size),
      .handle = load_relaxed(&from->handle),
      .stack = load_relaxed(&from->stack),
      .creator = load_relaxed(&from->creator),
      .thread = load_relaxed(&from->thread),
      .check = load_relaxed(&from->check),
      .state = state,
  };
  return record->check == silt_thread_check(record);
}
