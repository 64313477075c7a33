// SPDX-License-Identifier: Apache-2.0
//
// own_free: a program with an allocator of its own that takes the sized frees of C23 from the shim.
// They must come back to the program's free.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "suite/require.h"

// Not in every libc: the shim has them.
__attribute__((weak)) void free_sized(void *block, size_t size);
__attribute__((weak)) void free_aligned_sized(void *block, size_t alignment, size_t size);

static _Alignas(64) char heap[1 << 20];
static size_t used;
static void *volatile freed;

static bool is_ours(const void *block) {
  return (uintptr_t)block - (uintptr_t)heap < sizeof heap;
}

void *malloc(size_t size) {
  size_t start = __atomic_fetch_add(&used, (size + 63) & ~(size_t)63, __ATOMIC_RELAXED);
  return start + size <= sizeof heap ? heap + start : NULL;
}

void free(void *block) {
  REQUIRE(!block || is_ours(block));
  freed = block;
}

void *calloc(size_t count, size_t size) {
  return malloc(count * size);  // never used twice, so zero
}

void *realloc(void *block, size_t size) {
  void *moved = malloc(size);
  if (moved && block) memmove(moved, block, size);
  return moved;
}

int main(void) {
  REQUIRE(free_sized && free_aligned_sized);
  char *block = malloc(100);
  free_sized(block, 100);
  REQUIRE(freed == block);
  block = malloc(128);
  free_aligned_sized(block, 64, 128);
  REQUIRE(freed == block);
  return 0;
}
