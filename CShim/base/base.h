// SPDX-License-Identifier: Apache-2.0
//
// Attributes, atomics that name their memory order, and the per-thread state. Owns no logic.
// Every other file of the shim may include it; it includes nothing of the shim.
#ifndef SILT_BASE_H
#define SILT_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/silt_format.h"

// An entry point: at the start of a cache line, so that a fast path lies in one, whatever stands
// before it. (A free across two lines cost 5 % of a pair.)
#define SILT_EXPORT __attribute__((visibility("default"), aligned(64)))
// On declarations of our own variables: without it, uses go through the global offset table.
#define SILT_HIDDEN __attribute__((visibility("hidden")))
// Out of line and out of the way: keeps the fast paths within a screen and a cache line.
#define SILT_COLD __attribute__((noinline, cold))
#define SILT_LIKELY(x) __builtin_expect(!!(x), 1)
#define SILT_UNLIKELY(x) __builtin_expect(!!(x), 0)

#define load_relaxed(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define add_relaxed(p, v) __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)
#define add_acq_rel(p, v) __atomic_fetch_add((p), (v), __ATOMIC_ACQ_REL)
#define or_relaxed(p, v) __atomic_fetch_or((p), (v), __ATOMIC_RELAXED)
// Each use of a fence names the place that it pairs with.
#define fence_release() __atomic_thread_fence(__ATOMIC_RELEASE)
#define fence_seq_cst() __atomic_thread_fence(__ATOMIC_SEQ_CST)
// Brings a cache line that will be written on its way while something else is done; never faults.
#define prefetch_to_write(p) __builtin_prefetch((p), 1)
// On failure *(expected) holds what was found.
#define cas_relaxed(p, expected, v) \
  __atomic_compare_exchange_n((p), (expected), (v), false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)
#define cas_acq_rel(p, expected, v) \
  __atomic_compare_exchange_n((p), (expected), (v), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

// All that the shim keeps for a thread: a few dozen bytes of the static TLS block, all zero at
// first.
struct silt_thread {
  uint64_t countdown;  // bytes until the next sample; 0: take the slow path
  uint64_t random;     // state of the generator; 0: not yet seeded
  uint64_t set_aside;  // the countdown, while probing
  // The re-entrancy guard. Set while the shim records: an allocation that arrives then (from a
  // signal handler, or from a dlopen'ed libunwind) is forwarded and counted as lost. Frees need no
  // guard: taking an entry out is lock-free and must never be skipped. It holds the frame that
  // records: one at or above it says that a handler has left that frame by longjmp, and frees it.
  uintptr_t recording;
  uint32_t id;        // kernel thread id; 0: not asked for yet
  uint8_t probing;    // whether an operator new comes back to an interposed function; see sampler.h
  uint8_t resolving;  // inside our own search for functions: not the program's allocations
};

extern __thread struct silt_thread silt_thread SILT_HIDDEN
    __attribute__((tls_model("initial-exec")));

#endif
