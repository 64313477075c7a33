// SPDX-License-Identifier: Apache-2.0
//
// Attributes, atomics that name their memory order, and the per-thread state. Has no logic and
// includes nothing of the shim but the format. Every other file may include it.
#ifndef SILT_BASE_H
#define SILT_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/silt_format.h"

// Where the shim is a part of the program, its code has a section of its own, whose bounds tell it
// from the program's. In libsilt.a the linker makes that section.
#if defined(SILT_LINKED) && !defined(SILT_STATIC)
#pragma clang section text = "silt_text"
#endif

// An exported function. It starts at a cache line, so that its fast path lies in one line, whatever
// the linker puts before it. (A free across two lines cost 5 % of a malloc and free.)
#define SILT_EXPORT __attribute__((visibility("default"), aligned(64)))
// On declarations of our own variables. Without it, every use goes through the global offset table.
#define SILT_HIDDEN __attribute__((visibility("hidden")))
// Not inlined, and placed away from hot code: keeps the fast paths short.
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
// Every release, acq_rel and fence pairs with something: a comment at its use says with what.
#define fence_release() __atomic_thread_fence(__ATOMIC_RELEASE)
// Orders this thread's accesses for a signal handler on top of it. No instruction.
#define signal_fence() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#define fence_seq_cst() __atomic_thread_fence(__ATOMIC_SEQ_CST)
// Starts to load a cache line that will be written soon. Never faults.
#define prefetch_to_write(p) __builtin_prefetch((p), 1)
// On failure, *(expected) holds the value that was found.
#define cas_relaxed(p, expected, v) \
  __atomic_compare_exchange_n((p), (expected), (v), false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)
#define cas_acq_rel(p, expected, v) \
  __atomic_compare_exchange_n((p), (expected), (v), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)

// All that the shim keeps for a thread: a few dozen bytes of the static TLS block. All zero at
// first. initial-exec, because any other kind of thread-local variable may call malloc on its first
// use.
struct silt_thread {
  uint64_t countdown;  // bytes until the next sample; 0: take the slow path
  uint64_t random;     // state of the generator; 0: not yet seeded
  uint64_t set_aside;  // the countdown, kept here during a probe
  uint64_t beyond;     // of the distance to the next sample: bytes behind the countdown
  // The re-entrancy guard: the address of the frame that records, or 0. An allocation that arrives
  // while it is set (from a signal handler, or from libunwind) is forwarded and counted as lost.
  // If a handler leaves the recording frame by longjmp, the guard stays set; a later recording in a
  // frame at the same or a higher address proves that the old frame is gone, and takes the guard.
  // A free needs no guard: it takes its entry out without a lock, and must never skip that.
  uintptr_t recording;
  uint32_t id;        // kernel thread id; 0: not known yet
  uint32_t spent;     // ticks in slow paths that are not in the process's account yet
  uint8_t probing;    // a probe is running; see sample/sampler.h
  uint8_t resolving;  // inside our own dlsym: what is allocated now is not the program's
  uint8_t taking;     // a sampled block is being taken out of the session: see session_forget
  uint8_t masked;     // how many times it has blocked its signals: see silt_os_stop_all
  uint8_t told;       // its creator has told it what it is in
  uint8_t step;       // of the interval that its countdown was drawn with
  uint8_t changing;   // frames that change the table of mappings: see tables/maps.c
  struct silt_boxes {
    uint16_t any;     // sandboxes that it is in or about to enter: see silt_os_stop
    uint16_t strict;  // of these, those that take the clock as well
  } boxes;
};

extern __thread struct silt_thread silt_thread SILT_HIDDEN
    __attribute__((tls_model("initial-exec")));

#endif
