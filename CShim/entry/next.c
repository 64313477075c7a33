// SPDX-License-Identifier: Apache-2.0
//
// The search for the next functions, and the arena that serves dlsym during it.
#define _GNU_SOURCE
#include "entry/next.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>

#include "base/os.h"
#include "base/text.h"
#include "session/filter.h"
#include "session/modules.h"

// Room for the error texts of a few dlsym calls that find nothing. Blocks are never reused.
static _Alignas(16) unsigned char next_arena[32 << 10];
static size_t next_arena_used;

static void *next_early(size_t alignment, size_t size) {
  if (alignment < 16) alignment = 16;
  if (size > sizeof next_arena || alignment > 4096) return NULL;
  // The size is kept in the 16 bytes before the block.
  size_t room = 16 + size + alignment;
  size_t start = add_relaxed(&next_arena_used, room);
  if (start + room > sizeof next_arena) return NULL;
  uintptr_t p = ((uintptr_t)next_arena + start + 16 + alignment - 1) & ~(uintptr_t)(alignment - 1);
  *(size_t *)(p - 16) = size;
  return silt_filter_pin(p) ? (void *)p : NULL;
}

bool silt_next_is_early(const void *p) {
  return (uintptr_t)p - (uintptr_t)next_arena < sizeof next_arena;
}

size_t silt_next_early_size(const void *p) {
  return *(const size_t *)((uintptr_t)p - 16);
}

// Each name while the search runs: an allocation comes from the arena, and nothing is freed.

static void *next_early_malloc(size_t size) {
  return next_early(16, size);
}

static void next_early_free(void *p) {
  (void)p;
}

static void *next_early_calloc(size_t count, size_t size) {
  size_t bytes;
  return __builtin_mul_overflow(count, size, &bytes) ? NULL : next_early(16, bytes);
}

static void *next_early_realloc(void *p, size_t size) {
  void *moved = next_early(16, size);
  if (moved && p) {
    size_t old = silt_next_early_size(p);
    __builtin_memcpy(moved, p, old < size ? old : size);
  }
  return moved;
}

static int next_early_posix_memalign(void **out, size_t alignment, size_t size) {
  void *p = next_early(alignment, size);
  if (!p) return ENOMEM;
  *out = p;
  return 0;
}

static void *next_early_aligned_alloc(size_t alignment, size_t size) {
  return next_early(alignment, size);
}

static void *next_early_memalign(size_t alignment, size_t size) {
  return next_early(alignment, size);
}

static void *next_early_valloc(size_t size) {
  return next_early(4096, size);
}

static void *next_early_pvalloc(size_t size) {
  return next_early(4096, (size + 4095) & ~(size_t)4095);
}

// What the pointers lead to at first: finds the real function, or serves the search itself.
#define FIRST(result, name, parameters, arguments)         \
  static result next_first_##name parameters {             \
    if (silt_next_find()) return silt_next.name arguments; \
    return next_early_##name arguments;                    \
  }
SILT_NAMES_C(FIRST)

struct silt_next silt_next = {
#define START(result, name, parameters, arguments) .name = next_first_##name,
    SILT_NAMES_C(START)};

static uint32_t next_found;

static void next_find_clock(void) {
  void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD), *function = NULL;
  if (libc) function = dlsym(libc, "clock_gettime");
  if (function) silt_os_use_clock(*(silt_os_clock **)&function);
}

bool silt_next_find(void) {
  if (SILT_LIKELY(load_acquire(&next_found))) return true;
  if (silt_thread.resolving) return false;
  silt_thread.resolving = 1;
  void *symbol;
  struct silt_next next = {0};
#define FIND(result, name, parameters, arguments) \
  symbol = dlsym(RTLD_NEXT, #name);               \
  if (symbol) *(void **)&next.name = symbol;
  SILT_NAMES_C(FIND)
  SILT_NAMES_JEMALLOC(FIND)
  SILT_NAMES_LIFE(FIND)
  SILT_NAMES_EXEC(FIND)
  next_find_clock();
  // Clears the error: else the program's next dlerror would report what we did not find.
  dlerror();
  // Several threads may do this at the same time: they find, and store, the same pointers.
  silt_next = next;
  store_release(&next_found, 1u);  // pairs with the acquire above
  silt_thread.resolving = 0;
  return true;
}

void *silt_next_operator(const char *symbol) {
  // Whether there is a C++ library at all. If not, twenty failing searches are saved.
  static uint32_t with, without;
  silt_next_find();
  silt_thread.resolving = 1;
  if (!load_relaxed(&with) && !load_relaxed(&without))
    store_relaxed(dlsym(RTLD_NEXT, "_Znwm") ? &with : &without, 1u);
  void *function = load_relaxed(&with) ? dlsym(RTLD_NEXT, symbol) : NULL;
  if (!function) dlerror();  // clears the error, as above
  silt_thread.resolving = 0;
  return function;
}

void *silt_next_late_operator(const char *symbol) {
  static const char *const libraries[] = {"libstdc++.so.6", "libc++.so.1"};
  void *function = NULL;
  for (size_t i = 0; !function && i < 2; i++) {
    void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
    if (library) function = dlsym(library, symbol);
  }
  return function;
}

bool silt_next_is_allocators(const void *function) {
  struct dl_find_object here, there;
  return _dl_find_object((void *)function, &here) == 0 &&
         _dl_find_object(*(void **)&silt_next.free, &there) == 0 &&
         here.dlfo_link_map == there.dlfo_link_map;
}

// What these names mean to the program: ours, unless it has its own.
extern char programs_free[] __asm__("free"), programs_aligned_alloc[] __asm__("aligned_alloc"),
    programs_posix_memalign[] __asm__("posix_memalign");

bool silt_next_passes_blocks_on(const void *function) {
  struct dl_find_object object;
  if (!silt_modules_is_own((uintptr_t)programs_free) ||
      !silt_modules_is_own((uintptr_t)programs_aligned_alloc) ||
      !silt_modules_is_own((uintptr_t)programs_posix_memalign) ||
      _dl_find_object((void *)function, &object) != 0)
    return false;
  const char *name = object.dlfo_link_map->l_name;
  for (const char *at = name; *at; at++)
    if (*at == '/') name = at + 1;
  return silt_text_starts(name, "libstdc++.so") || silt_text_starts(name, "libc++");
}
