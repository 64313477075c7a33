// SPDX-License-Identifier: Apache-2.0
//
// Not linked with libpthread. Until glibc 2.33 that is a library of its own, and code which may be
// run with or without it tests `if (pthread_create)`: preloaded, the shim's is there, and must
// work.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

extern __typeof__(pthread_create) pthread_create __attribute__((weak));

static int done;

static void *work(void *argument) {
  for (size_t size = 0; size < 1000; size++) free(malloc(size));
  __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
  return argument;
}

int main(void) {
  pthread_t thread;
  void *volatile kept = malloc(1000);
  if (pthread_create) {
    if (pthread_create(&thread, NULL, work, NULL)) return 1;
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) sched_yield();
  }
  return kept == NULL;
}
