// SPDX-License-Identifier: Apache-2.0
//
// The floor: a preloaded library that forwards every entry point that libsilt.so interposes, and
// does nothing else. What libsilt.so costs above this is Silt's own; what this costs above no
// preload is the price of any shim.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

// The C++ operators by their mangled names: align_val_t is a size_t, nothrow_t a reference.
#define ENTRY_POINTS(X)                                                                         \
  X(void *, malloc, (size_t n), (n))                                                            \
  X(void *, calloc, (size_t n, size_t m), (n, m))                                               \
  X(void *, realloc, (void *p, size_t n), (p, n))                                               \
  X(void *, reallocarray, (void *p, size_t n, size_t m), (p, n, m))                             \
  X(void, free, (void *p), (p))                                                                 \
  X(int, posix_memalign, (void **p, size_t a, size_t n), (p, a, n))                             \
  X(void *, aligned_alloc, (size_t a, size_t n), (a, n))                                        \
  X(void *, memalign, (size_t a, size_t n), (a, n))                                             \
  X(void *, valloc, (size_t n), (n))                                                            \
  X(void *, pvalloc, (size_t n), (n))                                                           \
  X(void, free_sized, (void *p, size_t n), (p, n))                                              \
  X(void, free_aligned_sized, (void *p, size_t a, size_t n), (p, a, n))                         \
  X(void *, _Znwm, (size_t n), (n))                                                             \
  X(void *, _Znam, (size_t n), (n))                                                             \
  X(void *, _ZnwmRKSt9nothrow_t, (size_t n, const void *t), (n, t))                             \
  X(void *, _ZnamRKSt9nothrow_t, (size_t n, const void *t), (n, t))                             \
  X(void *, _ZnwmSt11align_val_t, (size_t n, size_t a), (n, a))                                 \
  X(void *, _ZnamSt11align_val_t, (size_t n, size_t a), (n, a))                                 \
  X(void *, _ZnwmSt11align_val_tRKSt9nothrow_t, (size_t n, size_t a, const void *t), (n, a, t)) \
  X(void *, _ZnamSt11align_val_tRKSt9nothrow_t, (size_t n, size_t a, const void *t), (n, a, t)) \
  X(void, _ZdlPv, (void *p), (p))                                                               \
  X(void, _ZdaPv, (void *p), (p))                                                               \
  X(void, _ZdlPvm, (void *p, size_t n), (p, n))                                                 \
  X(void, _ZdaPvm, (void *p, size_t n), (p, n))                                                 \
  X(void, _ZdlPvRKSt9nothrow_t, (void *p, const void *t), (p, t))                               \
  X(void, _ZdaPvRKSt9nothrow_t, (void *p, const void *t), (p, t))                               \
  X(void, _ZdlPvSt11align_val_t, (void *p, size_t a), (p, a))                                   \
  X(void, _ZdaPvSt11align_val_t, (void *p, size_t a), (p, a))                                   \
  X(void, _ZdlPvmSt11align_val_t, (void *p, size_t n, size_t a), (p, n, a))                     \
  X(void, _ZdaPvmSt11align_val_t, (void *p, size_t n, size_t a), (p, n, a))                     \
  X(void, _ZdlPvSt11align_val_tRKSt9nothrow_t, (void *p, size_t a, const void *t), (p, a, t))   \
  X(void, _ZdaPvSt11align_val_tRKSt9nothrow_t, (void *p, size_t a, const void *t), (p, a, t))   \
  X(void *, mallocx, (size_t n, int f), (n, f))                                                 \
  X(void *, rallocx, (void *p, size_t n, int f), (p, n, f))                                     \
  X(size_t, xallocx, (void *p, size_t n, size_t e, int f), (p, n, e, f))                        \
  X(void, dallocx, (void *p, int f), (p, f))                                                    \
  X(void, sdallocx, (void *p, size_t n, int f), (p, n, f))                                      \
  X(int, pthread_create, (void *t, const void *o, void *r, void *a), (t, o, r, a))              \
  X(int, thrd_create, (void *t, void *r, void *a), (t, r, a))

static void find_next(void);

// Each pointer starts at a function that finds the real ones: no test on the way of a call. Nothing
// is read before it is written even if dlsym allocates, since the calls come back here with calloc
// and free found first.
#define DECLARE(type, name, parameters, arguments)                      \
  static type first_##name parameters;                                  \
  static type(*next_##name) parameters = first_##name;                  \
  __attribute__((cold, noinline)) static type first_##name parameters { \
    find_next();                                                        \
    return next_##name arguments;                                       \
  }                                                                     \
  __attribute__((visibility("default"))) type name parameters;          \
  type name parameters {                                                \
    return next_##name arguments;                                       \
  }
ENTRY_POINTS(DECLARE)

// C23's sized frees where libc has none.
static void free_by_size(void *p, size_t n) {
  (void)n;
  next_free(p);
}

static void free_by_alignment(void *p, size_t a, size_t n) {
  (void)a;
  (void)n;
  next_free(p);
}

// What else the next libraries do not have stays null, and nobody calls it.
static void find_next(void) {
#define FIND(type, name, parameters, arguments) *(void **)&next_##name = dlsym(RTLD_NEXT, #name);
  FIND(void *, calloc, , )
  FIND(void, free, , )
  ENTRY_POINTS(FIND)
  if (!next_free_sized) next_free_sized = free_by_size;
  if (!next_free_aligned_sized) next_free_aligned_sized = free_by_alignment;
}
