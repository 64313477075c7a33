// SPDX-License-Identifier: Apache-2.0
//
// The C allocation functions. The common case is a test and a jump to the next allocator;
// everything else is out of line. Only exported names and their slow paths may be here.
//
// Order matters. An allocation is recorded after the next malloc has returned and before the caller
// has the address. A free is recorded before the next free is called: after it, another thread may
// already own the address.
#include <errno.h>

#include "entry/note.h"

// ---- malloc, calloc

static SILT_COLD void *malloc_slow(size_t size) {
  return silt_note_alloc(silt_next.malloc(size), size);
}

void *malloc(size_t size) {
  if (SILT_UNLIKELY(!silt_sampler_passes(size))) return malloc_slow(size);
  return silt_next.malloc(size);
}

static SILT_COLD void *calloc_slow(size_t count, size_t size) {
  return silt_note_alloc(silt_next.calloc(count, size), count * size);
}

void *calloc(size_t count, size_t size) {
  size_t bytes;
  // If this overflows, the next calloc refuses it.
  if (SILT_LIKELY(!__builtin_mul_overflow(count, size, &bytes)) &&
      SILT_UNLIKELY(!silt_sampler_passes(bytes)))
    return calloc_slow(count, size);
  return silt_next.calloc(count, size);
}

// ---- free

static SILT_COLD void free_slow(void *p) {
  if (silt_next_is_early(p)) return;
  silt_note_free(p);
  silt_next.free(p);
}

void free(void *p) {
  if (SILT_UNLIKELY(silt_filter_maybe(p))) {
    free_slow(p);
    return;
  }
  silt_next.free(p);
}

// A program may define its own free, and take these two from here. Then the block is from the
// program's allocator. The other name keeps the compiler from calling ours directly.
extern void programs_free(void *) __asm__("free");

// Not passed on: C23 says that both are the same as free.
void free_sized(void *p, size_t size) {
  (void)size;
  programs_free(p);
}

void free_aligned_sized(void *p, size_t alignment, size_t size) {
  (void)alignment;
  (void)size;
  programs_free(p);
}

// ---- realloc

static void *realloc_early(void *p, size_t size) {
  size_t old = silt_next_early_size(p);
  void *moved = malloc(size);
  if (moved) __builtin_memcpy(moved, p, old < size ? old : size);
  return moved;
}

static SILT_COLD void *realloc_slow(void *p, size_t size) {
  if (silt_next_is_early(p)) return realloc_early(p, size);
  struct silt_live_entry entry;
  bool sampled = silt_record_take(p, &entry);
  void *moved = silt_next.realloc(p, size);
  // In glibc, NULL for 0 bytes means that the block was freed, not that the call failed.
  silt_note_resized(sampled ? &entry : NULL, !moved && size != 0, moved, size);
  return moved;
}

void *realloc(void *p, size_t size) {
  if (SILT_UNLIKELY(silt_filter_maybe(p) || !silt_sampler_passes(size)))
    return realloc_slow(p, size);
  return silt_next.realloc(p, size);
}

// As programs_free.
extern void *programs_realloc(void *, size_t) __asm__("realloc");

// Not passed on: the next reallocarray may or may not call realloc, where it would be counted.
// Calling realloc here counts every call exactly once.
void *reallocarray(void *p, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return NULL;
  }
  return programs_realloc(p, bytes);
}

// ---- aligned

static SILT_COLD int posix_memalign_slow(void **out, size_t alignment, size_t size) {
  int error = silt_next.posix_memalign(out, alignment, size);
  if (!error) silt_record_alloc(*out, size);
  return error;
}

int posix_memalign(void **out, size_t alignment, size_t size) {
  if (SILT_UNLIKELY(!silt_sampler_passes(size))) return posix_memalign_slow(out, alignment, size);
  return silt_next.posix_memalign(out, alignment, size);
}

static SILT_COLD void *aligned_alloc_slow(size_t alignment, size_t size) {
  return silt_note_alloc(silt_next.aligned_alloc(alignment, size), size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  if (SILT_UNLIKELY(!silt_sampler_passes(size))) return aligned_alloc_slow(alignment, size);
  return silt_next.aligned_alloc(alignment, size);
}

static SILT_COLD void *memalign_slow(size_t alignment, size_t size) {
  return silt_note_alloc(silt_next.memalign(alignment, size), size);
}

void *memalign(size_t alignment, size_t size) {
  if (SILT_UNLIKELY(!silt_sampler_passes(size))) return memalign_slow(alignment, size);
  return silt_next.memalign(alignment, size);
}

static SILT_COLD void *valloc_slow(size_t size) {
  return silt_note_alloc(silt_next.valloc(size), size);
}

void *valloc(size_t size) {
  if (SILT_UNLIKELY(!silt_sampler_passes(size))) return valloc_slow(size);
  return silt_next.valloc(size);
}

static SILT_COLD void *pvalloc_slow(size_t size) {
  return silt_note_alloc(silt_next.pvalloc(size), size);
}

void *pvalloc(size_t size) {
  if (SILT_UNLIKELY(!silt_sampler_passes(size))) return pvalloc_slow(size);
  return silt_next.pvalloc(size);
}
