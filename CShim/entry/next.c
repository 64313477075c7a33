// SPDX-License-Identifier: Apache-2.0
//
// The search for the next functions, and the arena that serves dlsym during it.
#define _GNU_SOURCE
#include "entry/next.h"

#include <errno.h>
#include <sys/auxv.h>

#include "base/config.h"
#include "base/libc.h"
#include "base/objects.h"
#include "base/os.h"
#include "base/symbols.h"
#include "base/text.h"
#include "tables/filter.h"
#include "tables/modules.h"

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

// For musl, which has no pvalloc.
static void *next_plain_pvalloc(size_t size) {
  size_t page = getauxval(AT_PAGESZ);
  return silt_next.memalign(page, (size + page - 1) & ~(page - 1));
}

struct silt_next silt_next = {
#define START(result, name, parameters, arguments) .name = next_first_##name,
    SILT_NAMES_C(START)};

static uint32_t next_found;

#ifdef SILT_STATIC

// The linker's option --wrap gives the program's calls to us, and these names to what it would have
// called.
#define REAL(result, name, parameters, arguments) \
  extern __attribute__((weak)) result __real_##name parameters;
SILT_NAMES_C(REAL)
SILT_NAMES_LIFE(REAL)
SILT_NAMES_MAPS(REAL)
SILT_NAMES_EXEC(REAL)

#define FIND(result, name, parameters, arguments) \
  if (__real_##name) next->name = __real_##name;

static void next_search(struct silt_next *next) {
  SILT_NAMES_C(FIND)
  SILT_NAMES_LIFE(FIND)
  SILT_NAMES_MAPS(FIND)
  SILT_NAMES_EXEC(FIND)
  silt_os_use_clock(clock_gettime);
}

#else

static void next_find_clock(void) {
  void *function = silt_symbols_in("libc.so.6", "clock_gettime");
  if (function) silt_os_use_clock(*(silt_os_clock **)&function);
}

#define FIND(result, name, parameters, arguments) \
  symbol = silt_libc_next(#name);                 \
  if (symbol) *(void **)&next->name = symbol;

static void next_search(struct silt_next *next) {
  void *symbol;
  SILT_NAMES_C(FIND)
  SILT_NAMES_JEMALLOC(FIND)
  SILT_NAMES_LIFE(FIND)
  SILT_NAMES_UNLOAD(FIND)
  SILT_NAMES_MAPS(FIND)
  SILT_NAMES_EXEC(FIND)
  next_find_clock();
#ifdef SILT_LINKED
  // It comes behind this one, under whatever name its file has.
  if (silt_symbols_in("libsilt.so", "malloc")) silt_config_leave();
#endif
}

#endif

bool silt_next_find(void) {
  if (SILT_LIKELY(load_acquire(&next_found))) return true;
  if (silt_thread.resolving) return false;
  silt_thread.resolving = 1;
  struct silt_next next = {.pvalloc = next_plain_pvalloc};
  next_search(&next);
  // Several threads may do this at the same time: they find, and store, the same pointers.
  silt_next = next;
  store_release(&next_found, 1u);  // pairs with the acquire above
  silt_thread.resolving = 0;
  return true;
}

long silt_next_bare(long number, long a, long b, long c, long d, long e, long f) {
  long result = silt_os_enter(number, a, b, c, d, e, f);
  if (result >= 0 || result < -4095) return result;
  errno = (int)-result;
  return -1;
}

void silt_next_find_late(void) {
  enum { DLOPEN = 0x80000000 };  // libc's own mark of a call by the program
  if (!silt_next.pthread_create && __libc_dlopen_mode)
    __libc_dlopen_mode("libpthread.so.0", RTLD_NOW | (int)DLOPEN);
  void *symbol;
#define FIND_LATE(result, name, parameters, arguments)                \
  if (!silt_next.name && (symbol = silt_symbols_next(#name)) != NULL) \
    store_relaxed((void **)&silt_next.name, symbol);
  SILT_NAMES_LIFE(FIND_LATE)
  SILT_NAMES_UNLOAD(FIND_LATE)
}

void *silt_next_operator(const char *symbol) {
  // Whether there is a C++ library at all. If not, twenty failing searches are saved.
  static uint32_t with, without;
  silt_next_find();
  silt_thread.resolving = 1;
  if (!load_relaxed(&with) && !load_relaxed(&without))
    store_relaxed(silt_libc_next("_Znwm") ? &with : &without, 1u);
  void *function = load_relaxed(&with) ? silt_libc_next(symbol) : NULL;
  silt_thread.resolving = 0;
  return function;
}

void *silt_next_late_operator(const char *symbol) {
  static const char *const libraries[] = {"libstdc++.so.6", "libc++.so.1"};
  void *function = NULL;
  for (size_t i = 0; !function && i < 2; i++) function = silt_symbols_in(libraries[i], symbol);
  return function;
}

bool silt_next_is_allocators(const void *function) {
  struct silt_object here, there;
  return silt_objects_find((uintptr_t)function, &here) &&
         silt_objects_find((uintptr_t)silt_next.free, &there) && here.bias == there.bias;
}

// What these names mean to the program: ours, unless it has its own.
extern char programs_free[] __asm__("free"), programs_aligned_alloc[] __asm__("aligned_alloc"),
    programs_posix_memalign[] __asm__("posix_memalign");

bool silt_next_passes_blocks_on(const void *function) {
  struct silt_object object;
  if (!silt_modules_is_own((uintptr_t)programs_free) ||
      !silt_modules_is_own((uintptr_t)programs_aligned_alloc) ||
      !silt_modules_is_own((uintptr_t)programs_posix_memalign) ||
      !silt_objects_find((uintptr_t)function, &object))
    return false;
  const char *name = object.name;
  for (const char *at = name; *at; at++)
    if (*at == '/') name = at + 1;
  return silt_text_starts(name, "libstdc++.so") || silt_text_starts(name, "libc++");
}
