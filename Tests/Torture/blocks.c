// SPDX-License-Identifier: Apache-2.0
//
// A slot's word is an address and, in the four bits that are 0 in each, how the block is freed.
#define _GNU_SOURCE
#include "blocks.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define SLOTS 8192u
static uint64_t blocks_slots[SLOTS];

enum { KIND_C = 0, KIND_OBJECT = 1 };  // an object's kind is added

static void blocks_release(uint64_t word) {
  void *p = (void *)(word & ~UINT64_C(15));
  unsigned kind = word & 15;
  if (!p) return;
  model_call(p);
  if (kind == KIND_C)
    free(p);
  else
    objects_delete(kind - KIND_OBJECT, p, malloc_usable_size(p));
  model_returned();
}

static void blocks_put(struct chance *c, void *p, unsigned kind) {
  if (!p) return;
  uint64_t *slot = &blocks_slots[chance_below(c, SLOTS)];
  blocks_release(__atomic_exchange_n(slot, (uint64_t)p | kind, __ATOMIC_ACQ_REL));
}

void blocks_keep(struct chance *c, void *p) {
  blocks_put(c, p, KIND_C);
}

static void *blocks_aligned(struct chance *c, uint64_t size) {
  uint64_t alignment = UINT64_C(16) << chance_below(c, 9);
  void *p = NULL;
  switch (chance_below(c, 5)) {
    case 0:
      return memalign(alignment, size);
    case 1:
      return aligned_alloc(alignment, size);
    case 2:
      return valloc(size);
    case 3:
      return pvalloc(size);
    default:
      return posix_memalign(&p, alignment, size) ? NULL : p;
  }
}

static void blocks_allocate(struct chance *c) {
  uint64_t size = chance_size(c);
  unsigned choice = (unsigned)chance_below(c, 10), kind = KIND_C;
  void *p;
  model_call(NULL);
  if (choice < 4) {
    p = malloc(size);
  } else if (choice < 6) {
    uint64_t count = 1 + chance_below(c, 7);
    p = calloc(count, size / count);
  } else if (choice < 7) {
    p = blocks_aligned(c, size);
  } else if (choice < 8) {
    p = choice & 1 ? realloc(NULL, size) : reallocarray(NULL, 3, size / 3);
  } else {
    kind = (unsigned)chance_below(c, OBJECT_KINDS);
    p = objects_new(kind, size);
    kind += KIND_OBJECT;
  }
  model_returned();
  if (p && size) memset(p, 0x5a, size < 64 ? size / 8 : 8);
  blocks_put(c, p, kind);
}

static void blocks_resize(struct chance *c) {
  uint64_t word = __atomic_exchange_n(&blocks_slots[chance_below(c, SLOTS)], 0, __ATOMIC_ACQ_REL);
  if ((word & 15) != KIND_C) {
    blocks_release(word);
    return;
  }
  void *p = (void *)word, *moved;
  // Of size 0 is a free in glibc; one that fails keeps the block.
  uint64_t size = chance_below(c, 50) ? chance_size(c) : SIZE_MAX / 2 + 1;
  model_call(p);
  moved = chance_below(c, 3) ? realloc(p, size) : reallocarray(p, 1, size);
  model_returned();
  if (!moved && size > PTRDIFF_MAX) moved = p;
  blocks_put(c, moved, KIND_C);
}

static void blocks_one(struct chance *c) {
  unsigned choice = (unsigned)chance_below(c, 10);
  if (choice < 5)
    blocks_allocate(c);
  else if (choice < 8)
    blocks_release(__atomic_exchange_n(&blocks_slots[chance_below(c, SLOTS)], 0, __ATOMIC_ACQ_REL));
  else
    blocks_resize(c);
}

// Two functions that call each other: as many stacks as there are paths.
static void blocks_left(struct chance *c, unsigned path, unsigned depth);
static __attribute__((noinline)) void blocks_right(struct chance *c, unsigned path,
                                                   unsigned depth) {
  if (depth == 0)
    blocks_one(c);
  else
    (path & 1 ? blocks_left : blocks_right)(c, path >> 1, depth - 1);
  __asm__ volatile("" ::: "memory");
}

static __attribute__((noinline)) void blocks_left(struct chance *c, unsigned path, unsigned depth) {
  char room[48];
  __asm__ volatile("" ::"r"(room) : "memory");
  if (depth == 0)
    blocks_one(c);
  else
    (path & 1 ? blocks_left : blocks_right)(c, path >> 1, depth - 1);
  __asm__ volatile("" ::: "memory");
}

void blocks_step(struct chance *c) {
  blocks_right(c, (unsigned)chance_below(c, 16), (unsigned)chance_below(c, 5));
}

void blocks_step_along(struct chance *c, unsigned path, unsigned depth) {
  blocks_right(c, path, depth);
}

void blocks_step_in_handler(struct chance *c) {
  struct model_thread *t = &model_thread;
  if (t->inside || t->handling) return;
  t->handling = 1;
  int jumpable = t->jumpable;
  uint64_t operand = t->operand, obtained = t->obtained;
  t->jumpable = 0;
  void *p = malloc(chance_size(c));
  if (chance_below(c, 2)) p = realloc(p, 1 + chance_size(c));
  uint64_t *slot = &blocks_slots[chance_below(c, SLOTS)];
  uint64_t word = __atomic_exchange_n(slot, (uint64_t)p, __ATOMIC_ACQ_REL);
  if ((word & 15) == KIND_C) {
    free((void *)word);
  } else {
    uint64_t none = 0;
    // Deleting is for threads: put back if there is an empty slot, else lost.
    for (unsigned i = 0; i < SLOTS && word; i++, none = 0)
      if (__atomic_compare_exchange_n(&blocks_slots[i], &none, word, false, __ATOMIC_ACQ_REL,
                                      __ATOMIC_RELAXED))
        word = 0;
  }
  t->operand = operand;
  t->obtained = obtained;
  t->jumpable = jumpable;
  t->handling = 0;
}

void blocks_free_all(void) {
  for (unsigned i = 0; i < SLOTS; i++)
    blocks_release(__atomic_exchange_n(&blocks_slots[i], 0, __ATOMIC_ACQ_REL));
}
