// SPDX-License-Identifier: Apache-2.0
//
// jemalloc's own functions, for programs that call them. A program may look such a name up and find
// ours although there is no jemalloc: then the C functions answer.
#include "entry/note.h"

// MALLOCX_LG_ALIGN and MALLOCX_ZERO of jemalloc's interface.
#define LOG2_ALIGNMENT(flags) ((flags)&63)
#define ZEROED(flags) ((flags)&64)

static SILT_COLD void *mallocx_without(size_t size, int flags) {
  if (LOG2_ALIGNMENT(flags) <= 4) return ZEROED(flags) ? calloc(1, size) : malloc(size);
  void *p = memalign((size_t)1 << LOG2_ALIGNMENT(flags), size);
  if (p && ZEROED(flags)) __builtin_memset(p, 0, size);
  return p;
}

static SILT_COLD void *mallocx_slow(size_t size, int flags) {
  silt_next_find();
  if (!silt_next.mallocx) return mallocx_without(size, flags);
  void *p = silt_next.mallocx(size, flags);
  if (p && !silt_sampler_passes(size)) silt_record_alloc(p, size);
  return p;
}

void *mallocx(size_t size, int flags) {
  if (SILT_UNLIKELY(!silt_next.mallocx || silt_thread.countdown <= size))
    return mallocx_slow(size, flags);
  silt_thread.countdown -= size;
  return silt_next.mallocx(size, flags);
}

static SILT_COLD void *rallocx_slow(void *p, size_t size, int flags) {
  silt_next_find();
  if (!silt_next.rallocx) return realloc(p, size);
  struct silt_live_entry entry;
  bool sampled = silt_record_take(p, &entry);
  void *moved = silt_next.rallocx(p, size, flags);
  silt_note_resized(sampled ? &entry : NULL, !moved, moved, size);
  return moved;
}

void *rallocx(void *p, size_t size, int flags) {
  if (SILT_UNLIKELY(!silt_next.rallocx || silt_filter_maybe(p) || silt_thread.countdown <= size))
    return rallocx_slow(p, size, flags);
  silt_thread.countdown -= size;
  return silt_next.rallocx(p, size, flags);
}

// The result is the block's real size; less than `size` means that the block was not changed.
size_t xallocx(void *p, size_t size, size_t extra, int flags) {
  silt_next_find();
  if (!silt_next.xallocx) return 0;
  struct silt_live_entry entry;
  bool sampled = silt_record_take(p, &entry);
  size_t now = silt_next.xallocx(p, size, extra, flags);
  silt_note_resized(sampled ? &entry : NULL, now < size, p, size);
  return now;
}

void dallocx(void *p, int flags) {
  if (SILT_UNLIKELY(silt_filter_maybe(p))) silt_note_free(p);
  silt_next_find();
  if (silt_next.dallocx)
    silt_next.dallocx(p, flags);
  else
    free(p);
}

void sdallocx(void *p, size_t size, int flags) {
  if (SILT_UNLIKELY(silt_filter_maybe(p))) silt_note_free(p);
  silt_next_find();
  if (silt_next.sdallocx)
    silt_next.sdallocx(p, size, flags);
  else
    free(p);
}
