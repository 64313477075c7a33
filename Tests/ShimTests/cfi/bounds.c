// SPDX-License-Identifier: Apache-2.0
//
// What may be read of a stack: of the main thread, of a thread, of a thread whose stack the program
// supplied, and of stacks that are not the thread's own.
#define _GNU_SOURCE
#include "cfi/bounds.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/os.h"
#include "suite/require.h"

static void probe_tells_readable_from_not(void) {
  char *pages = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(pages + 4096, 4096, PROT_NONE);
  munmap(pages + 2 * 4096, 4096);
  errno = 77;
  REQUIRE(silt_os_readable((uint64_t)pages));
  REQUIRE(!silt_os_readable((uint64_t)pages + 4096));
  REQUIRE(!silt_os_readable((uint64_t)pages + 2 * 4096));
  REQUIRE(!silt_os_readable(0));
  REQUIRE(!silt_os_readable(UINT64_C(0xffff800000000000)));
  REQUIRE(errno == 77);
  munmap(pages, 2 * 4096);
}

// The thread's own stack can be read up to its end, and not beyond.
static void own_stack_is_bounded(void) {
  struct silt_bounds bounds;
  volatile uint64_t word = 42;
  uint64_t sp = (uint64_t)&word, value;
  silt_bounds_at(&bounds, sp - 256);
  REQUIRE(!bounds.foreign);
  REQUIRE(silt_bounds_end(&bounds) > sp);
  REQUIRE(silt_bounds_read(&bounds, sp, &value) && value == 42);
  REQUIRE(!silt_bounds_read(&bounds, sp + 1, &value));
  REQUIRE(!silt_bounds_read(&bounds, sp - 264, &value));
  REQUIRE(silt_bounds_read(&bounds, silt_bounds_end(&bounds) - 8, &value));
  REQUIRE(!silt_bounds_read(&bounds, silt_bounds_end(&bounds), &value));
  REQUIRE(!silt_bounds_read(&bounds, UINT64_MAX - 7, &value));
}

static void foreign_stack_is_read_up_to_its_last_page(void) {
  const size_t size = 4 * 4096;
  char *stack = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(stack + size, 4096, PROT_NONE);
  memset(stack, 1, size);
  struct silt_bounds bounds;
  uint64_t sp = (uint64_t)stack + 512, value;
  silt_bounds_at(&bounds, sp);
  REQUIRE(bounds.foreign);
  REQUIRE(!silt_bounds_read(&bounds, sp - 8, &value));
  for (uint64_t at = sp; at < (uint64_t)stack + size; at += 8) {
    REQUIRE(silt_bounds_read(&bounds, at, &value) && value == UINT64_C(0x0101010101010101));
  }
  REQUIRE(!silt_bounds_read(&bounds, (uint64_t)stack + size, &value));
  // After a jump to a far page, only pages that were probed may be read.
  silt_bounds_at(&bounds, sp);
  REQUIRE(silt_bounds_read(&bounds, sp + 2 * 4096, &value));
  REQUIRE(silt_bounds_read(&bounds, sp + 8, &value));
  REQUIRE(!silt_bounds_read(&bounds, (uint64_t)stack + size + 8, &value));
  munmap(stack, size + 4096);
  // New bounds probe again, and the pages are gone.
  silt_bounds_at(&bounds, sp);
  REQUIRE(!silt_bounds_read(&bounds, sp, &value));
}

static __attribute__((noinline)) void deeper(uint64_t n) {
  volatile char pad[8192];
  pad[0] = (char)n;
  own_stack_is_bounded();
  if (n > 0) deeper(n - 1);
  pad[1] = pad[0];
}

// Nobody has said where the stack begins: another one may lie right below it.
static void stack_of_unknown_size_is_foreign(void) {
  struct silt_bounds bounds;
  volatile uint64_t word = 42;
  uint64_t value;
  silt_bounds_at(&bounds, (uint64_t)&word);
  REQUIRE(bounds.foreign);
  REQUIRE(silt_bounds_read(&bounds, (uint64_t)&word, &value) && value == 42);
}

static void *on_thread(void *lowest) {
  stack_of_unknown_size_is_foreign();
  silt_bounds_begin_thread(lowest ? (int64_t)(uintptr_t)lowest : SILT_BOUNDS_GUARDED);
  deeper(4);
  foreign_stack_is_read_up_to_its_last_page();
  deeper(8);
  return lowest;
}

int main(void) {
  probe_tells_readable_from_not();
  silt_bounds_init();
  deeper(20);
  foreign_stack_is_read_up_to_its_last_page();
  pthread_t thread;
  pthread_create(&thread, NULL, on_thread, NULL);
  pthread_join(thread, NULL);
  const size_t size = 256 << 10;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  void *stack = aligned_alloc(4096, size);
  pthread_attr_setstack(&attributes, stack, size);
  pthread_create(&thread, &attributes, on_thread, stack);
  pthread_join(thread, NULL);
  free(stack);
  printf("bounds: as expected\n");
}
