// SPDX-License-Identifier: Apache-2.0
//
// The two functions that create threads. Both are interposed, because glibc's thrd_create calls
// pthread_create without going through the symbol. Attributes, result and errors are those of the
// next function. The new thread reaches its routine by a jump, so no frame of ours stays on its
// stack.
#define _GNU_SOURCE
#include <errno.h>
#include <threads.h>

#include "base/libc.h"
#include "base/os.h"
#include "cfi/bounds.h"
#include "entry/next.h"
#include "sample/creation.h"

// The stack size that pthread_create will reserve; 0 if it is not known. Without attributes that is
// glibc's default.
static uint64_t pthread_reserved(const pthread_attr_t *attributes) {
  size_t size = 0;
  if (!pthread_attr_getstacksize) return 0;
  if (attributes) return pthread_attr_getstacksize(attributes, &size) ? 0 : size;
  pthread_attr_t plain;
  if (pthread_attr_init(&plain)) return 0;
  if (pthread_attr_getstacksize(&plain, &size)) size = 0;
  pthread_attr_destroy(&plain);
  return size;
}

// Where a stack ends that no guard page ends. The thread's control block and its variables are at
// the top of it, so that one of the C library's begins a little above what this says; what is
// between counts as foreign, and is slower to walk.
#define PTHREAD_ABOVE (INT64_C(64) << 10)

static size_t pthread_guard(const pthread_attr_t *attributes) {
  pthread_attr_t standard;
  size_t guard = 1;
  if (!pthread_attr_getguardsize) return guard;
  if (attributes) return pthread_attr_getguardsize(attributes, &guard) ? 1 : guard;
  // The program may have changed it.
  if (!pthread_getattr_default_np || pthread_getattr_default_np(&standard)) return guard;
  if (pthread_attr_getguardsize(&standard, &guard)) guard = 1;
  pthread_attr_destroy(&standard);
  return guard;
}

static int64_t pthread_lowest(const pthread_attr_t *attributes, uint64_t reserved) {
  void *stack = NULL;
  size_t size = 0;
  // One that was not set ends at 0.
  if (attributes && pthread_attr_getstack &&
      pthread_attr_getstack(attributes, &stack, &size) == 0 && (uintptr_t)stack + size != 0)
    return (int64_t)(uintptr_t)stack;
  if (pthread_guard(attributes)) return SILT_BOUNDS_GUARDED;
  int64_t below = (int64_t)reserved;
  return below > 2 * PTHREAD_ABOVE ? PTHREAD_ABOVE - below : -below / 2;
}

// NULL: the thread is made without a record. What a thread in a sandbox makes is in it too, and of
// one that is not recorded nobody will know.
static struct silt_launch *pthread_record(void *routine, void *argument,
                                          const pthread_attr_t *attributes) {
  uint64_t reserved = pthread_reserved(attributes);
  struct silt_call call = {routine, argument, pthread_lowest(attributes, reserved)};
  struct silt_launch *launch = silt_creation_record(call, reserved);
  if (SILT_UNLIKELY(!launch && silt_thread.boxes.any)) silt_os_stop_all();
  return launch;
}

static inline struct silt_call pthread_enter(void *launch) {
  struct silt_call call = silt_threads_enter(launch);
  silt_bounds_begin_thread(call.stack_lowest);
  return call;
}

static void *pthread_run(void *launch) {
  struct silt_call call = pthread_enter(launch);
  return ((void *(*)(void *))call.routine)(call.argument);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *),
                   void *argument) {
  if (!silt_next_find()) return EAGAIN;
  if (SILT_UNLIKELY(!silt_next.pthread_create)) silt_next_find_late();
  if (!silt_next.pthread_create) return EAGAIN;
  struct silt_launch *launch = pthread_record((void *)routine, argument, attributes);
  if (!launch) return silt_next.pthread_create(thread, attributes, routine, argument);
  int error = silt_next.pthread_create(thread, attributes, pthread_run, launch);
  silt_threads_settle(launch, error == 0);
  return error;
}

static int thrd_run(void *launch) {
  struct silt_call call = pthread_enter(launch);
  return ((thrd_start_t)call.routine)(call.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t routine, void *argument) {
  if (!silt_next_find()) return thrd_error;
  if (SILT_UNLIKELY(!silt_next.thrd_create)) silt_next_find_late();
  if (!silt_next.thrd_create) return thrd_error;
  struct silt_launch *launch = pthread_record((void *)routine, argument, NULL);
  if (!launch) return silt_next.thrd_create(thread, routine, argument);
  int result = silt_next.thrd_create(thread, thrd_run, launch);
  silt_threads_settle(launch, result == thrd_success);
  return result;
}
