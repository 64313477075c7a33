// SPDX-License-Identifier: Apache-2.0
//
// The two functions that create threads. glibc's thrd_create calls its own pthread_create without
// going through the symbol, so both are interposed. Attributes, result and errors are the next
// function's; the new thread goes to its routine by a jump, and has no frame of ours on its stack.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <threads.h>

#include "entry/next.h"
#include "sample/creation.h"

// What pthread_create will reserve; 0 if that cannot be told. It asks for glibc's default in the
// same way as pthread_create does.
static uint64_t pthread_reserved(const pthread_attr_t *attributes) {
  size_t size = 0;
  if (attributes) return pthread_attr_getstacksize(attributes, &size) ? 0 : size;
  pthread_attr_t plain;
  if (pthread_attr_init(&plain)) return 0;
  if (pthread_attr_getstacksize(&plain, &size)) size = 0;
  pthread_attr_destroy(&plain);
  return size;
}

static void *pthread_run(void *launch) {
  struct silt_call call = silt_threads_enter(launch);
  return ((void *(*)(void *))call.routine)(call.argument);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *),
                   void *argument) {
  if (!silt_next_find() || !silt_next.pthread_create) return EAGAIN;
  struct silt_launch *launch = silt_creation_record((struct silt_call){(void *)routine, argument},
                                                    pthread_reserved(attributes));
  if (!launch) return silt_next.pthread_create(thread, attributes, routine, argument);
  int error = silt_next.pthread_create(thread, attributes, pthread_run, launch);
  silt_threads_settle(launch, error == 0);
  return error;
}

static int thrd_run(void *launch) {
  struct silt_call call = silt_threads_enter(launch);
  return ((thrd_start_t)call.routine)(call.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t routine, void *argument) {
  if (!silt_next_find() || !silt_next.thrd_create) return thrd_error;
  struct silt_launch *launch =
      silt_creation_record((struct silt_call){(void *)routine, argument}, pthread_reserved(NULL));
  if (!launch) return silt_next.thrd_create(thread, routine, argument);
  int result = silt_next.thrd_create(thread, thrd_run, launch);
  silt_threads_settle(launch, result == thrd_success);
  return result;
}
