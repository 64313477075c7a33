// SPDX-License-Identifier: Apache-2.0
//
// Draws exponential distances from a generator that each thread has for itself.
#define _GNU_SOURCE
#include "sample/sampler.h"

#include "base/config.h"
#include "base/libc.h"
#include "base/os.h"
#include "sample/ceiling.h"
#include "session/intervals.h"

static uint64_t sampler_process_seed;

static void sampler_seed_thread(void) {
  if (!load_relaxed(&sampler_process_seed)) {
    uint64_t seed = 0;
    if (silt_os_random(&seed, sizeof seed)) seed = silt_mix(silt_os_monotonic());
    store_relaxed(&sampler_process_seed, seed | 1);
  }
  silt_thread.id = silt_os_thread();
  uint64_t moment = silt_os_monotonic() ^ (uintptr_t)&silt_thread;
  silt_thread.random =
      silt_mix(sampler_process_seed ^ silt_mix(moment ^ (uint64_t)silt_thread.id << 32)) | 1;
}

// splitmix64: a mixed counter, so that no seed makes it repeat soon. 0 would mean "not seeded".
static uint64_t sampler_draw_bits(void) {
  silt_thread.random += UINT64_C(0x9e3779b97f4a7c15);
  if (!silt_thread.random) silt_thread.random = 1;
  return silt_mix(silt_thread.random);
}

// -ln(bits / 2^64) in units of 2^-32, by atanh's series on the mantissa m scaled into (1/sqrt 2,
// sqrt 2]: ln m = 2 (t + t^3/3 + t^5/5 + ...), t = (m - 1) / (m + 1), |t| < 0.172. Off by less than
// 2e-9: a thousandth of a byte at the default interval. In whole numbers, because floating point
// would set flags in the program's status register, or trap if the program has enabled that.
static uint64_t sampler_negative_log(uint64_t bits) {
  const int64_t unit = INT64_C(1) << 32, root2_q31 = INT64_C(3037000500);
  const uint64_t ln2_q56 = UINT64_C(49946518145322874);
  int exponent = -1 - __builtin_clzll(bits);
  int64_t m = (int64_t)(bits << __builtin_clzll(bits) >> 32), one = unit / 2;
  if (m > root2_q31) {
    one = unit;
    exponent++;
  }
  int64_t t = (m - one) * unit / (m + one), s = t * t >> 32;
  int64_t sum = unit / 9;
  for (int odd = 7; odd >= 1; odd -= 2) sum = unit / odd + (s * sum >> 32);
  int64_t ln_m = t * sum >> 31;
  return (uint64_t)((int64_t)((uint64_t)-exponent * ln2_q56 >> 24) - ln_m);
}

// Rounded up, so that P(distance <= s) = 1 - exp(-s / interval) for whole s.
static uint64_t sampler_draw_distance(uint64_t interval) {
  if (interval == 1) return 0;
  unsigned __int128 distance =
      (unsigned __int128)sampler_negative_log(sampler_draw_bits() | 1) * interval;
  return (uint64_t)(distance >> 32) + 1;
}

// After so many bytes at most, a thread whose interval was lengthened looks whether it still is, or
// a quiet program would keep it for ever. The distance goes on behind.
#define SAMPLER_STRETCH (UINT64_C(8) << 20)

static void sampler_draw(void) {
  uint32_t step = silt_intervals_now();
  uint64_t distance = sampler_draw_distance(silt_intervals_bytes(step));
  bool far = step > 0 && distance > SAMPLER_STRETCH;
  silt_thread.step = (uint8_t)step;
  silt_thread.beyond = far ? distance - SAMPLER_STRETCH : 0;
  silt_thread.countdown = far ? SAMPLER_STRETCH : distance;
}

void silt_sampler_forked(void) {
  silt_thread.random = 0;
  silt_thread.countdown = 0;
}

void silt_sampler_probe(void) {
  // A probe may be running: an operator new[] that calls operator new, or one that threw. Then the
  // countdown is already set aside.
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

bool silt_sampler_due(uint64_t size, uint32_t *step) {
  if (!silt_config_ready()) {
    // There will never be a sample: the fast path for good.
    if (silt_config_is_idle()) silt_thread.countdown = UINT64_MAX;
    return false;
  }
  if (SILT_UNLIKELY(silt_thread.probing)) silt_sampler_probed();
  if (SILT_UNLIKELY(!silt_thread.random)) {
    sampler_seed_thread();
    sampler_draw();
  }
  // Ask once more, because the fast path's answer may be old: since then, the search for the next
  // functions or a signal handler may have allocated on this thread and drawn a new countdown.
  if (silt_sampler_passes(size)) return false;
  *step = silt_thread.step;
  // An exponential distance has no memory: one that ends behind this allocation may as well be
  // drawn again, with the interval that is now in force.
  bool sampled = silt_thread.beyond <= size - silt_thread.countdown;
  if (SILT_UNLIKELY(!sampled)) silt_ceiling_look();
  sampler_draw();
  return sampled;
}
