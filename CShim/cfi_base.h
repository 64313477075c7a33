// SPDX-License-Identifier: Apache-2.0
//
// What the unwinder needs of the machine, in one place: attributes, atomics that name their order,
// and the one system call it makes. Nothing here may depend on anything but the compiler.
#ifndef SILT_CFI_BASE_H
#define SILT_CFI_BASE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#define silt_likely(x) __builtin_expect(!!(x), 1)
#define silt_unlikely(x) __builtin_expect(!!(x), 0)
#define silt_noinline __attribute__((noinline))
#define silt_thread_local _Thread_local __attribute__((tls_model("initial-exec")))

static inline uint64_t load_relaxed(const _Atomic uint64_t *p) {
  return atomic_load_explicit(p, memory_order_relaxed);
}

static inline uint64_t load_acquire(const _Atomic uint64_t *p) {
  return atomic_load_explicit(p, memory_order_acquire);
}

static inline void store_relaxed(_Atomic uint64_t *p, uint64_t value) {
  atomic_store_explicit(p, value, memory_order_relaxed);
}

static inline void store_release(_Atomic uint64_t *p, uint64_t value) {
  atomic_store_explicit(p, value, memory_order_release);
}

static inline uint64_t add_relaxed(_Atomic uint64_t *p, uint64_t value) {
  return atomic_fetch_add_explicit(p, value, memory_order_relaxed);
}

static inline uint64_t add_acq_rel(_Atomic uint64_t *p, uint64_t value) {
  return atomic_fetch_add_explicit(p, value, memory_order_acq_rel);
}

static inline void fence_seq_cst(void) {
  atomic_thread_fence(memory_order_seq_cst);
}

// Raw rt_sigprocmask(how, set, NULL, 8): 0 or a negative error number; errno is not touched.
static inline long silt_raw_sigprocmask(long how, uint64_t set) {
#if defined(__x86_64__)
  long result;
  register long size __asm__("r10") = 8;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "0"((long)SYS_rt_sigprocmask), "D"(how), "S"(set), "d"(0L), "r"(size)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x0 __asm__("x0") = how;
  register uint64_t x1 __asm__("x1") = set;
  register long x2 __asm__("x2") = 0;
  register long x3 __asm__("x3") = 8;
  register long x8 __asm__("x8") = SYS_rt_sigprocmask;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3), "r"(x8) : "memory");
  return x0;
#else
#error "unwinding is written for x86-64 and aarch64"
#endif
}

#endif
