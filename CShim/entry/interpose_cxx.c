// SPDX-License-Identifier: Apache-2.0
//
// The replaceable operators new and delete. Those of libstdc++ and libc++ come back to malloc and
// free, where they are counted; most of those of tcmalloc, jemalloc and mimalloc do not, and are
// counted here. Which it is, the first call of each operator finds out by watching.
//
// Exceptions of the next operator new pass through these frames: they have unwind tables and
// nothing to clean up.
#include "entry/interpose.h"

extern void *malloc(size_t);
extern void *memalign(size_t, size_t);
extern void free(void *);

// One operator new: `parameters` as declared, `arguments` as passed on, `instead` where no C++
// library was there at the start. Calls go through one pointer: at first to `first_`, then to the
// next operator itself if it comes back to us, else to `counted_`. One that neither comes back nor
// belongs to the next allocator serves somebody else's heap: its blocks' end would not be seen.
//
// The search takes the loader's lock, so it is over when the program starts: later, another thread
// may hold that lock and wait for this one (a plugin's constructor that joins a thread).
#define OPERATOR_NEW(symbol, parameters, arguments, instead)                                   \
  static void *first_##symbol parameters;                                                      \
  static void *(*next_##symbol)parameters = first_##symbol;                                    \
  static void *(*target_##symbol)parameters = first_##symbol;                                  \
  static void *instead_##symbol parameters {                                                   \
    void *p = instead;                                                                         \
    if (SILT_LIKELY(p)) return p;                                                              \
    void *(*throwing)parameters;                                                               \
    *(void **)&throwing = silt_next_late_operator(#symbol);                                    \
    return throwing ? throwing arguments : p;                                                  \
  }                                                                                            \
  static SILT_COLD void *slow_##symbol parameters {                                            \
    return silt_note_alloc(next_##symbol arguments, size);                                     \
  }                                                                                            \
  static void *counted_##symbol parameters {                                                   \
    if (SILT_UNLIKELY(!silt_sampler_passes(size))) return slow_##symbol arguments;             \
    return next_##symbol arguments;                                                            \
  }                                                                                            \
  __attribute__((constructor)) static void find_##symbol(void) {                               \
    void *(*next)parameters;                                                                   \
    *(void **)&next = silt_next_operator(#symbol);                                             \
    store_relaxed(&next_##symbol, next ? next : instead_##symbol);                             \
  }                                                                                            \
  static SILT_COLD void *first_##symbol parameters {                                           \
    if (load_relaxed(&next_##symbol) == first_##symbol) find_##symbol();                       \
    silt_sampler_probe();                                                                      \
    void *p = next_##symbol arguments;                                                         \
    bool counts = !silt_sampler_probed() && silt_next_is_allocators(*(void **)&next_##symbol); \
    if (!p) return p; /* learned nothing */                                                    \
    if (counts && !silt_sampler_passes(size)) silt_record_alloc(p, size);                      \
    store_release(&target_##symbol, counts ? counted_##symbol : next_##symbol);                \
    return p;                                                                                  \
  }                                                                                            \
  SILT_EXPORT void *symbol parameters;                                                         \
  void *symbol parameters {                                                                    \
    return target_##symbol arguments;                                                          \
  }

// One operator delete. Where it belongs to the object of the next free, it need not come back to
// us; that free may look for the same block once more does no harm.
#define OPERATOR_DELETE(symbol, parameters, arguments)                 \
  static void first_##symbol parameters;                               \
  static void(*next_##symbol) parameters = first_##symbol;             \
  static void(*target_##symbol) parameters = first_##symbol;           \
  static void instead_##symbol parameters {                            \
    free(p);                                                           \
  }                                                                    \
  static SILT_COLD void slow_##symbol parameters {                     \
    silt_note_free(p);                                                 \
    next_##symbol arguments;                                           \
  }                                                                    \
  static void counted_##symbol parameters {                            \
    if (SILT_UNLIKELY(silt_filter_maybe(p))) {                         \
      slow_##symbol arguments;                                         \
      return;                                                          \
    }                                                                  \
    next_##symbol arguments;                                           \
  }                                                                    \
  __attribute__((constructor)) static void find_##symbol(void) {       \
    void(*next) parameters;                                            \
    *(void **)&next = silt_next_operator(#symbol);                     \
    if (!next) next = instead_##symbol;                                \
    store_relaxed(&next_##symbol, next);                               \
    bool counts = silt_next_is_allocators(*(void **)&next);            \
    store_release(&target_##symbol, counts ? counted_##symbol : next); \
  }                                                                    \
  static SILT_COLD void first_##symbol parameters {                    \
    find_##symbol();                                                   \
    target_##symbol arguments;                                         \
  }                                                                    \
  SILT_EXPORT void symbol parameters;                                  \
  void symbol parameters {                                             \
    target_##symbol arguments;                                         \
  }

#define UNUSED __attribute__((unused))

// operator new(size_t), new[](size_t)
OPERATOR_NEW(_Znwm, (size_t size), (size), malloc(size ? size : 1))
OPERATOR_NEW(_Znam, (size_t size), (size), malloc(size ? size : 1))
// with nothrow
OPERATOR_NEW(_ZnwmRKSt9nothrow_t, (size_t size, UNUSED const void *tag), (size, tag),
             malloc(size ? size : 1))
OPERATOR_NEW(_ZnamRKSt9nothrow_t, (size_t size, UNUSED const void *tag), (size, tag),
             malloc(size ? size : 1))
// with alignment
OPERATOR_NEW(_ZnwmSt11align_val_t, (size_t size, size_t alignment), (size, alignment),
             memalign(alignment, size ? size : 1))
OPERATOR_NEW(_ZnamSt11align_val_t, (size_t size, size_t alignment), (size, alignment),
             memalign(alignment, size ? size : 1))
// with alignment and nothrow
OPERATOR_NEW(_ZnwmSt11align_val_tRKSt9nothrow_t,
             (size_t size, size_t alignment, UNUSED const void *tag), (size, alignment, tag),
             memalign(alignment, size ? size : 1))
OPERATOR_NEW(_ZnamSt11align_val_tRKSt9nothrow_t,
             (size_t size, size_t alignment, UNUSED const void *tag), (size, alignment, tag),
             memalign(alignment, size ? size : 1))

// operator delete(void *), delete[](void *)
OPERATOR_DELETE(_ZdlPv, (void *p), (p))
OPERATOR_DELETE(_ZdaPv, (void *p), (p))
// with size
OPERATOR_DELETE(_ZdlPvm, (void *p, UNUSED size_t size), (p, size))
OPERATOR_DELETE(_ZdaPvm, (void *p, UNUSED size_t size), (p, size))
// with alignment
OPERATOR_DELETE(_ZdlPvSt11align_val_t, (void *p, UNUSED size_t alignment), (p, alignment))
OPERATOR_DELETE(_ZdaPvSt11align_val_t, (void *p, UNUSED size_t alignment), (p, alignment))
// with size and alignment
OPERATOR_DELETE(_ZdlPvmSt11align_val_t, (void *p, UNUSED size_t size, UNUSED size_t alignment),
                (p, size, alignment))
OPERATOR_DELETE(_ZdaPvmSt11align_val_t, (void *p, UNUSED size_t size, UNUSED size_t alignment),
                (p, size, alignment))
// with nothrow
OPERATOR_DELETE(_ZdlPvRKSt9nothrow_t, (void *p, UNUSED const void *tag), (p, tag))
OPERATOR_DELETE(_ZdaPvRKSt9nothrow_t, (void *p, UNUSED const void *tag), (p, tag))
// with alignment and nothrow
OPERATOR_DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t,
                (void *p, UNUSED size_t alignment, UNUSED const void *tag), (p, alignment, tag))
OPERATOR_DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t,
                (void *p, UNUSED size_t alignment, UNUSED const void *tag), (p, alignment, tag))
