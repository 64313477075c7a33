// SPDX-License-Identifier: Apache-2.0
//
// Preloaded into a program, unwinds inside every SILT_ORACLE_EVERY-th malloc twice: by
// silt_cfi_unwind and by libunwind's unw_backtrace, and counts how the two agree in the file
// SILT_ORACLE_OUT. SILT_ORACLE_BY=libgcc asks libgcc's unwinder instead. It is slower and has no
// cache: that of libunwind is wrong after a library has been unloaded.
#define _GNU_SOURCE
#include "cfi/oracle.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cfi/libgcc.h"
#include "cfi/walk.h"
#include "include/silt_format.h"

#define EXPORT __attribute__((visibility("default")))

static _Atomic uint64_t *counters;
static uint64_t every = 1;
static int (*other_backtrace)(void **, int);
static _Thread_local bool inside;
static _Thread_local uint64_t countdown;

static void count(int counter, uint64_t n) {
  __atomic_fetch_add(&counters[counter], n, __ATOMIC_RELAXED);
}

static void show(const uint64_t *ours, uint32_t n, uint8_t end, void *const *theirs, int m) {
  if (__atomic_fetch_add(&counters[ORACLE_SHOWN], 1, __ATOMIC_RELAXED) >= 3) return;
  char line[512];
  for (uint32_t i = 0; i < n || (int)i < m; i++) {
    uint64_t a = i < n ? ours[i] : 0, b = (int)i < m ? (uint64_t)theirs[i] : 0;
    Dl_info info = {0};
    uint64_t shown = a != 0 ? a : b;
    bool known = dladdr((void *)shown, &info) != 0;
    int size = snprintf(line, sizeof line, "  %2u ours %12lx theirs %12lx %s+0x%lx %s\n", i, a, b,
                        known ? info.dli_fname : "?", known ? shown - (uint64_t)info.dli_fbase : 0,
                        known && info.dli_sname ? info.dli_sname : "");
    if (write(2, line, (size_t)size) < 0) return;
  }
  int size = snprintf(line, sizeof line, "  end %x\n", end);
  if (write(2, line, (size_t)size) < 0) return;
}

// Both start in sample(), at different calls: frame 0 is left out.
static __attribute__((noinline)) void sample(void) {
  uint64_t ours[ORACLE_DEPTH];
  void *theirs[ORACLE_DEPTH];
  uint8_t end = 0xff;
  uint32_t n = silt_cfi_unwind(ours, ORACLE_DEPTH, &end);
  int m = other_backtrace(theirs, ORACLE_DEPTH);
  uint32_t common = 1;
  while (
      common < n && (int)common < m &&
      (ours[common] + 1 == (uint64_t)theirs[common] || ours[common] == (uint64_t)theirs[common])) {
    common++;
  }
  count(ORACLE_SAMPLES, 1);
  count(ORACLE_FRAMES, n);
  bool guessed = (end & SILT_END_GUESSED) != 0;
  uint8_t reason = end & (uint8_t)~SILT_END_GUESSED;
  int verdict = ORACLE_WRONG;
  if (common == n && (int)common == m) {
    verdict = ORACLE_EQUAL;
  } else if ((int)common == m) {
    verdict = ORACLE_LONGER;
  } else if (common == n && reason != SILT_END_COMPLETE) {
    verdict = ORACLE_EARLY;
  } else if (guessed) {
    verdict = ORACLE_GUESSED;
  }
  count(verdict, 1);
  if (reason == SILT_END_DEPTH) count(ORACLE_END_DEPTH, 1);
  if (reason == SILT_END_UNWIND) count(ORACLE_END_UNWIND, 1);
  if (reason == SILT_END_BOUNDS) count(ORACLE_END_BOUNDS, 1);
  if (guessed) count(ORACLE_HAS_GUESS, 1);
  if (verdict == ORACLE_WRONG) show(ours, n, end, theirs, m);
}

static inline void maybe_sample(void) {
  if (counters == NULL || inside || countdown-- != 0) return;
  countdown = every - 1;
  inside = true;
  int saved = errno;
  sample();
  errno = saved;
  inside = false;
}

// For programs that want a sample where they must not allocate.
EXPORT void silt_oracle_sample(void);
EXPORT void silt_oracle_sample(void) {
  countdown = 0;
  maybe_sample();
}

// The next definition of NAME, perhaps of another allocator. glibc's dlsym allocates only when it
// fails.
#define NEXT(name)                                               \
  ({                                                             \
    static __typeof__(name) *next;                               \
    if (next == NULL) *(void **)&next = dlsym(RTLD_NEXT, #name); \
    next;                                                        \
  })

EXPORT void *malloc(size_t size) {
  maybe_sample();
  return NEXT(malloc)(size);
}

EXPORT void *calloc(size_t count, size_t size) {
  maybe_sample();
  return NEXT(calloc)(count, size);
}

EXPORT void *realloc(void *p, size_t size) {
  maybe_sample();
  return NEXT(realloc)(p, size);
}

// As in the shim: the rules of unloaded code must go.
EXPORT int dlclose(void *library) {
  silt_cfi_unload_begin();
  int result = NEXT(dlclose)(library);
  silt_cfi_unload_end();
  return result;
}

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("SILT_ORACLE_OUT"), *interval = getenv("SILT_ORACLE_EVERY");
  silt_cfi_init();
  if (path == NULL) return;
  if (interval != NULL) every = strtoul(interval, NULL, 10);
  inside = true;
  const char *by = getenv("SILT_ORACLE_BY");
  void *libunwind = NULL;
  if (by == NULL || strcmp(by, "libgcc") != 0) {
    libunwind = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  }
  other_backtrace = libgcc_walk;
  if (libunwind != NULL) *(void **)&other_backtrace = dlsym(libunwind, "unw_backtrace");
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd >= 0 && other_backtrace != NULL) {
    void *map = mmap(NULL, ORACLE_COUNTERS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map != MAP_FAILED) counters = map;
  }
  if (fd >= 0) close(fd);
  inside = false;
}
