// SPDX-License-Identifier: Apache-2.0
//
// The functions by which the program has mappings made, changed and ended. They are recorded after
// the kernel has done it, and only if it did: before, it would have to be undone. Arguments,
// results and errno are those of the next function. Until that is found the kernel is asked
// directly: an allocator calls these under locks of its own, where nothing may be searched.
//
// Not seen: what the C library and the loader map for themselves, mappings of System V's shared
// memory, and system calls past these names.
#define _GNU_SOURCE
#include <stdarg.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/os.h"
#include "entry/next.h"
#include "sample/mapping.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif

// The kernel deals in whole pages. 0 if there is no such size.
static uint64_t maps_whole(uint64_t size, uint64_t page) {
  return (size + page - 1) & ~(page - 1);
}

static uint64_t maps_page(void) {
  return getauxval(AT_PAGESZ);
}

// Of a new mapping: huge ones are of a size that the flags name, or that one page of page tables
// stands for.
static uint64_t maps_page_of(int flags) {
  unsigned log2 = (unsigned)flags >> MAP_HUGE_SHIFT & 63u;
  uint64_t page = maps_page();
  if (!(flags & MAP_HUGETLB) || (flags & MAP_ANONYMOUS) == 0) return page;
  return log2 ? UINT64_C(1) << log2 : page * (page / 8);
}

static void maps_made(const void *at, size_t size, int protection, int flags) {
  uint64_t whole = maps_whole(size, maps_page_of(flags));
  // A small one matters only where it was put upon others.
  if (whole < SILT_MAPPING_LEAST && !(flags & MAP_FIXED)) return;
  silt_mapping_record((struct silt_maps_change){.kind = SILT_MAPS_MAKE,
                                                .start = (uintptr_t)at,
                                                .size = whole,
                                                .protection = (uint32_t)protection,
                                                .flags = (uint32_t)flags});
}

static void *maps_map(__typeof__(mmap) *next, void *at, size_t size, int protection, int flags,
                      int fd, off_t offset) {
  void *made = next ? next(at, size, protection, flags, fd, offset)
                    : (void *)silt_next_bare(SYS_mmap, (long)at, (long)size, protection, flags, fd,
                                             (long)offset);
  if (made != MAP_FAILED) maps_made(made, size, protection, flags);
  return made;
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
  return maps_map(silt_next.mmap, at, size, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
  return maps_map(silt_next.mmap64, at, size, protection, flags, fd, offset);
}

int munmap(void *at, size_t size) {
  uint64_t before = silt_mapping_moment();
  int result = silt_next.munmap ? silt_next.munmap(at, size)
                                : (int)silt_next_bare(SYS_munmap, (long)at, (long)size, 0, 0, 0, 0);
  if (result == 0 && before)
    silt_mapping_record((struct silt_maps_change){.kind = SILT_MAPS_UNMAP,
                                                  .start = (uintptr_t)at,
                                                  .size = maps_whole(size, maps_page()),
                                                  .before = before});
  return result;
}

static void maps_moved(uint64_t from, uint64_t from_size, uint64_t to, uint64_t size, int flags,
                       uint64_t before) {
  from_size = maps_whole(from_size, maps_page());
  size = maps_whole(size, maps_page());
  if (to == from && size == from_size) return;
  if (to == from && size < from_size) {
    silt_mapping_record((struct silt_maps_change){
        .kind = SILT_MAPS_UNMAP, .start = from + size, .size = from_size - size, .before = before});
    return;
  }
  bool copied = flags & MREMAP_DONTUNMAP || from_size == 0;
  silt_mapping_record((struct silt_maps_change){.kind = copied ? SILT_MAPS_COPY : SILT_MAPS_MOVE,
                                                .from = from,
                                                .from_size = from_size,
                                                .start = to,
                                                .size = size,
                                                .before = before});
}

void *mremap(void *from, size_t from_size, size_t size, int flags, ...) {
  va_list list;
  va_start(list, flags);
  void *to = va_arg(list, void *);
  va_end(list);
  uint64_t before = silt_mapping_moment();
  void *moved = silt_next.mremap ? silt_next.mremap(from, from_size, size, flags, to)
                                 : (void *)silt_next_bare(SYS_mremap, (long)from, (long)from_size,
                                                          (long)size, flags, (long)to, 0);
  if (moved != MAP_FAILED)
    maps_moved((uintptr_t)from, from_size, (uintptr_t)moved, size, flags, before);
  return moved;
}

int mprotect(void *at, size_t size, int protection) {
  uint64_t before = silt_mapping_moment();
  int result = silt_next.mprotect
                   ? silt_next.mprotect(at, size, protection)
                   : (int)silt_next_bare(SYS_mprotect, (long)at, (long)size, protection, 0, 0, 0);
  if (result == 0 && before)
    silt_mapping_record((struct silt_maps_change){.kind = SILT_MAPS_PROTECT,
                                                  .start = (uintptr_t)at,
                                                  .size = maps_whole(size, maps_page()),
                                                  .protection = (uint32_t)protection,
                                                  .before = before});
  return result;
}
