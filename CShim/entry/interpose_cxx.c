// SPDX-License-Identifier: Apache-2.0
//
// The replaceable operators new and delete. Those of libstdc++ and libc++ call malloc and free,
// where they are counted. Most of those of tcmalloc, jemalloc and mimalloc do not, and are counted
// here. The first call of each operator finds out which it is, by a probe (see sampler.h).
//
// Those with an alignment round the size up before they ask for memory. What the program asked for
// is counted here, and what they ask for is not.
//
// Exceptions of the next operator new pass through these frames: they have unwind tables, and there
// is nothing to clean up.
#include "entry/note.h"

// One operator new. `instead` is its result where no C++ library was there at the start. All calls
// go through one pointer, target_: at first to first_, then to the next operator itself if that
// calls malloc, else to counted_. An operator that does not call malloc and is not from the next
// allocator serves a heap of its own: we would not see its blocks freed, so it is not counted. If
// it `rounds`, and passes on the very block that a C function of ours gives it, it is asked_.
//
// The search takes the loader's lock. So it is done by a constructor: later, another thread may
// hold that lock and wait for this one (for example a plugin's constructor that joins a thread).
#define OPERATOR_NEW(result, symbol, parameters, arguments, instead, rounds, lent)             \
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
  static void *asked_##symbol parameters {                                                     \
    bool due = !silt_sampler_passes(size);                                                     \
    uint64_t since = due ? silt_os_monotonic() : 0;                                            \
    uint64_t left = silt_sampler_lend(lent);                                                   \
    void *p = next_##symbol arguments;                                                         \
    silt_sampler_take_back(left);                                                              \
    return due ? silt_note_alloc_once(p, size, since) : p;                                     \
  }                                                                                            \
  __attribute__((constructor)) static void find_##symbol(void) {                               \
    void *(*next)parameters;                                                                   \
    *(void **)&next = silt_next_operator(#symbol);                                             \
    store_relaxed(&next_##symbol, next ? next : instead_##symbol);                             \
  }                                                                                            \
  static SILT_COLD void *first_##symbol parameters {                                           \
    if (load_relaxed(&next_##symbol) == first_##symbol) find_##symbol();                       \
    if (rounds && silt_next_passes_blocks_on(*(void **)&next_##symbol)) {                      \
      store_release(&target_##symbol, asked_##symbol);                                         \
      return asked_##symbol arguments;                                                         \
    }                                                                                          \
    silt_sampler_probe();                                                                      \
    void *p = next_##symbol arguments;                                                         \
    bool counts = !silt_sampler_probed() && silt_next_is_allocators(*(void **)&next_##symbol); \
    if (!p) return p; /* it failed: decide at the next call */                                 \
    if (counts && !silt_sampler_passes(size)) silt_record_alloc(p, size);                      \
    store_release(&target_##symbol, counts ? counted_##symbol : next_##symbol);                \
    return p;                                                                                  \
  }                                                                                            \
  void *symbol parameters {                                                                    \
    return target_##symbol arguments;                                                          \
  }

// One operator delete. If it is in the same object as the next free, it may free without calling
// ours, so the block is taken out here. If it does call our free, that finds nothing more to do.
#define OPERATOR_DELETE(result, symbol, parameters, arguments)         \
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
  void symbol parameters {                                             \
    target_##symbol arguments;                                         \
  }

// The C functions that stand in for a missing operator need neither tag nor size.
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define NEW(...) OPERATOR_NEW(__VA_ARGS__, malloc(size ? size : 1), false, 0)
#define NEW_ALIGNED(...) \
  OPERATOR_NEW(__VA_ARGS__, memalign(alignment, size ? size : 1), true, size + alignment + 16)

SILT_NAMES_NEW(NEW)
SILT_NAMES_NEW_ALIGNED(NEW_ALIGNED)
SILT_NAMES_DELETE(OPERATOR_DELETE)
