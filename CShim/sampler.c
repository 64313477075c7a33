// SPDX-License-Identifier: Apache-2.0
//
// Exponential distances from a generator of each thread's own.
#include "sampler.h"

#include "config.h"
#include "os.h"

__thread struct silt_thread silt_thread __attribute__((tls_model("initial-exec")));

static uint64_t process_seed;

static void seed_thread(void) {
  if (!load_relaxed(&process_seed)) {
    uint64_t seed = 0;
    if (silt_os_random(&seed, sizeof seed)) seed = silt_mix(silt_os_monotonic());
    store_relaxed(&process_seed, seed | 1);
  }
  silt_thread.id = silt_os_thread();
  uint64_t moment = silt_os_monotonic() ^ (uintptr_t)&silt_thread;
  silt_thread.random =
      silt_mix(process_seed ^ silt_mix(moment ^ (uint64_t)silt_thread.id << 32)) | 1;
}

// splitmix64: a counter through a mixer; never stuck, whatever the seed.
static uint64_t draw_bits(void) {
  silt_thread.random += UINT64_C(0x9e3779b97f4a7c15);
  if (!silt_thread.random) silt_thread.random = 1;
  return silt_mix(silt_thread.random);
}

// Natural logarithm of u in (0, 1], by atanh's series on the mantissa scaled into [1/sqrt 2, sqrt
// 2]: ln m = 2 (t + t^3/3 + t^5/5 + ...), t = (m - 1) / (m + 1), |t| < 0.172. What is left out is
// below 1e-9: a thousandth of a byte at the default interval.
static double natural_log(double u) {
  union {
    double value;
    uint64_t bits;
  } x = {.value = u};
  int exponent = (int)(x.bits >> 52) - 1023;
  x.bits = (x.bits & UINT64_C(0xfffffffffffff)) | UINT64_C(1023) << 52;
  if (x.value > 1.4142135623730951) {
    x.value /= 2;
    exponent++;
  }
  double t = (x.value - 1) / (x.value + 1), s = t * t;
  double sum = 1 + s * (1.0 / 3 + s * (1.0 / 5 + s * (1.0 / 7 + s * (1.0 / 9))));
  return 2 * t * sum + exponent * 0.6931471805599453;
}

// Rounded up, so that P(distance <= s) = 1 - exp(-s / interval) for whole s.
static uint64_t draw_distance(void) {
  if (silt_config.interval == 1) return 0;
  double uniform = (double)((draw_bits() >> 11) + 1) * 0x1p-53;
  return (uint64_t)(-natural_log(uniform) * (double)silt_config.interval) + 1;
}

void silt_sampler_forked(void) {
  silt_thread.random = 0;
  silt_thread.countdown = 0;
}

void silt_sampler_probe(void) {
  // Else one is under way: of an operator new[] that came to operator new, or left by an exception.
  if (!silt_thread.probing) silt_thread.set_aside = silt_thread.countdown;
  silt_thread.countdown = 0;
  silt_thread.probing = 1;
}

bool silt_sampler_probed(void) {
  if (!silt_thread.probing) return true;
  silt_thread.probing = 0;
  silt_thread.countdown = silt_thread.set_aside;
  return false;
}

bool silt_sampler_due(uint64_t size) {
  if (!silt_config_ready()) return false;
  if (SILT_UNLIKELY(silt_thread.probing)) silt_sampler_probed();
  if (SILT_UNLIKELY(!silt_thread.random)) {
    seed_thread();
    silt_thread.countdown = draw_distance();
  }
  // Once more: the fast path's answer may be out of date. Inside the next malloc, the search for it
  // or a signal handler may have allocated, and been given a countdown of its own.
  if (silt_sampler_passes(size)) return false;
  silt_thread.countdown = draw_distance();
  return true;
}
