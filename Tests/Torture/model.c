// SPDX-License-Identifier: Apache-2.0
//
// A block is noted after glibc has returned it and dropped before glibc gets it back, so that what
// the shim has recorded is always a part of what stands here, also in the file of a killed process:
// each change of a chain is one store.
#define _GNU_SOURCE
#include "model.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void __libc_free(void *);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void *__libc_valloc(size_t);
void *__libc_pvalloc(size_t);

struct model model __attribute__((aligned(4096))) = {.magic = MODEL_MAGIC};
__thread struct model_thread model_thread;

#define ADD(p, v) __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)

static void enter(void) {
  model_thread.inside++;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static void leave(void) {
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  model_thread.inside--;
}

static struct model_shard *shard_lock(uint64_t address, uint32_t **bucket) {
  uint64_t hash = silt_mix(address >> 4);
  struct model_shard *shard = &model.shards[hash % MODEL_SHARDS];
  while (__atomic_exchange_n(&shard->lock, 1u, __ATOMIC_ACQUIRE)) sched_yield();
  *bucket = &shard->buckets[hash / MODEL_SHARDS % MODEL_BUCKETS];
  return shard;
}

static void shard_unlock(struct model_shard *shard) {
  __atomic_store_n(&shard->lock, 0u, __ATOMIC_RELEASE);
}

static struct model_node *shard_take(struct model_shard *shard, uint32_t *index) {
  if (shard->free) {
    *index = shard->free;
    shard->free = shard->nodes[*index - 1].next;
  } else if (shard->fresh < MODEL_NODES) {
    *index = ++shard->fresh;
  } else {
    model.full = 1;
    return NULL;
  }
  return &shard->nodes[*index - 1];
}

static void count(struct silt_count *counter, uint64_t size) {
  ADD(&counter->count, UINT64_C(1));
  ADD(&counter->bytes, size);
}

static void note(void *p, uint64_t size) {
  if (!p) return;
  uint32_t *bucket, index;
  struct model_shard *shard = shard_lock((uintptr_t)p, &bucket);
  struct model_node *node = shard_take(shard, &index);
  bool nested = model_thread.handling || model_thread.left;
  if (node) {
    *node = (struct model_node){
        .address = (uintptr_t)p, .size = size, .next = *bucket, .flags = nested ? MODEL_NESTED : 0};
    __atomic_store_n(bucket, index, __ATOMIC_RELEASE);
  }
  shard_unlock(shard);
  count(&model.allocated[silt_size_class(size)], size);
  if (nested) count(&model.nested, size);
  bool owed = model_thread.owed > size;
  model_thread.owed = owed ? model_thread.owed - size : 0;
  if (owed || (model_thread.handling && model_thread.lent)) count(&model.lent, size);
  model_thread.obtained = (uintptr_t)p;
}

static void drop(void *p) {
  if (!p) return;
  uint32_t *link;
  struct model_shard *shard = shard_lock((uintptr_t)p, &link);
  while (*link && shard->nodes[*link - 1].address != (uintptr_t)p)
    link = &shard->nodes[*link - 1].next;
  if (*link) {
    uint32_t index = *link;
    struct model_node *node = &shard->nodes[index - 1];
    __atomic_store_n(link, node->next, __ATOMIC_RELEASE);
    node->address = 0;
    node->next = shard->free;
    shard->free = index;
  }
  shard_unlock(shard);
}

// True if the block is there.
static bool flag(uint64_t address, uint16_t flags) {
  if (!address) return false;
  uint32_t *link;
  struct model_shard *shard = shard_lock(address, &link);
  while (*link && shard->nodes[*link - 1].address != address) link = &shard->nodes[*link - 1].next;
  bool found = *link != 0;
  if (found) {
    shard->nodes[*link - 1].flags |= flags;
    if (flags & MODEL_MAYBE) count(&model.maybe, shard->nodes[*link - 1].size);
  }
  shard_unlock(shard);
  return found;
}

void model_call(const void *operand) {
  ADD(&model.in_calls, 1u);
  model_thread.operand = (uintptr_t)operand;
  model_thread.obtained = 0;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  model_thread.jumpable = 1;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void model_returned(void) {
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  model_thread.jumpable = 0;
  ADD(&model.in_calls, -1u);
}

void model_leave_call(void) {
  enter();
  flag(model_thread.operand, MODEL_MAYBE);
  if (model_thread.obtained != model_thread.operand) flag(model_thread.obtained, MODEL_MAYBE);
  model_thread.left = 1;
  model_thread.owed = model_thread.lent > model_thread.owed ? model_thread.lent : model_thread.owed;
  model_thread.lent = 0;
  leave();
  model_returned();
}

static void mark_all_before(void) {
  for (unsigned i = 0; i < MODEL_SHARDS; i++)
    for (uint32_t k = 0; k < model.shards[i].fresh; k++)
      model.shards[i].nodes[k].flags = MODEL_BEFORE;
}

static void count_session(const struct silt_header *header) {
  const struct silt_region *region = &header->regions[SILT_REGION_SITES];
  const struct silt_site *sites = (const void *)((const char *)header + region->offset);
  for (uint64_t i = 1; i < region->used; i++) {
    if (!sites[i].stack) continue;
    model.ahead[sites[i].size_class].count += sites[i].alloc_objects;
    model.ahead[sites[i].size_class].bytes += sites[i].alloc_bytes;
  }
}

void model_begin(const void *session) {
  enter();
  mark_all_before();
  if (session) count_session(session);
  for (unsigned i = 0; i < MODEL_CLASSES; i++) {
    model.ahead[i].count -= model.allocated[i].count;
    model.ahead[i].bytes -= model.allocated[i].bytes;
  }
  leave();
  __atomic_store_n(&model.begun, 1u, __ATOMIC_RELEASE);
}

static void fork_begin(void) {
  enter();
  for (unsigned i = 0; i < MODEL_SHARDS; i++)
    while (__atomic_exchange_n(&model.shards[i].lock, 1u, __ATOMIC_ACQUIRE)) sched_yield();
}

static void fork_end(void) {
  for (unsigned i = 0; i < MODEL_SHARDS; i++) shard_unlock(&model.shards[i]);
  leave();
}

// The child's session starts with nothing.
void model_forked(void) {
  static const struct silt_count none;
  mark_all_before();
  for (unsigned i = 0; i < MODEL_CLASSES; i++) model.allocated[i] = model.ahead[i] = none;
  model.nested = model.maybe = model.lent = none;
  model.in_calls = 0;
}

static bool in_file;

static void fork_child(void) {
  // The file is the parent's.
  if (in_file) {
    void *own =
        mmap(NULL, sizeof model, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (own == MAP_FAILED) _exit(99);
    __builtin_memcpy(own, &model, sizeof model);
    if (mremap(own, sizeof model, sizeof model, MREMAP_MAYMOVE | MREMAP_FIXED, &model) !=
        (void *)&model)
      _exit(99);
    in_file = false;
  }
  fork_end();
  model_forked();
}

__attribute__((constructor)) static void model_start(void) {
  pthread_atfork(fork_begin, fork_end, fork_child);
  const char *path = getenv("MODEL_FILE");
  if (!path) return;
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, &model, sizeof model) != (ssize_t)sizeof model ||
      mmap(&model, sizeof model, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) !=
          (void *)&model)
    _exit(98);
  close(fd);
  in_file = true;
}

// ---- the allocator

void *malloc(size_t size) {
  enter();
  void *p = __libc_malloc(size);
  note(p, size);
  leave();
  return p;
}

void free(void *p) {
  enter();
  drop(p);
  __libc_free(p);
  leave();
}

void *calloc(size_t number, size_t size) {
  enter();
  void *p = __libc_calloc(number, size);
  note(p, number * size);
  leave();
  return p;
}

void *realloc(void *p, size_t size) {
  enter();
  // Only failures of sizes beyond all memory happen here, and those keep the block.
  bool fails = size > PTRDIFF_MAX;
  if (!fails) drop(p);
  void *moved = __libc_realloc(p, size);
  if (!fails) note(moved, size);
  leave();
  return moved;
}

static void *aligned(size_t alignment, size_t size) {
  enter();
  void *p = __libc_memalign(alignment, size);
  note(p, size);
  leave();
  return p;
}

void *memalign(size_t alignment, size_t size) {
  return aligned(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  return aligned(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) || !alignment || alignment & (alignment - 1)) return EINVAL;
  void *p = aligned(alignment, size);
  if (!p) return ENOMEM;
  *out = p;
  return 0;
}

void *valloc(size_t size) {
  enter();
  void *p = __libc_valloc(size);
  note(p, size);
  leave();
  return p;
}

void *pvalloc(size_t size) {
  enter();
  void *p = __libc_pvalloc(size);
  note(p, size);
  leave();
  return p;
}
