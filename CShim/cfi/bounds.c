// SPDX-License-Identifier: Apache-2.0
//
// See bounds.h. A thread's own stack is [sp, end): glibc puts the thread control block at the
// top of every stack it gives a thread (also one the program brought along), and the kernel puts
// the program's arguments at the top of the main thread's. That sp is on this stack is proven, not
// assumed: every page from sp to end must be readable, and a guard page or a hole refutes it.
#include "cfi/bounds.h"

#include <sys/auxv.h>

#include "base/os.h"

// The smallest page of any kernel: probing in these steps is right for larger ones too.
#define PAGE UINT64_C(4096)
// Further than this from what is proven, an sp is taken for foreign unprobed: bounds the cost of a
// first walk (about 0.13 us a page) on fibers that happen to live below the thread's stack.
#define MAX_EXTENSION (UINT64_C(16) << 20)

static uint64_t bounds_main_thread;
static uint64_t bounds_main_end;

// Both only ever grow towards certainty, so a signal handler that walks in the middle of an update
// loses nothing but a few probes.
static __thread uint64_t bounds_proven_low;   // pages of [proven_low, end) are readable; 0: none
static __thread uint64_t bounds_refuted_low;  // an sp below is not on this stack

static uint64_t bounds_page(uint64_t address) {
  return address & ~(PAGE - 1);
}

void silt_bounds_init(void) {
  bounds_main_thread = (uint64_t)__builtin_thread_pointer();
  bounds_main_end = getauxval(AT_RANDOM) & ~UINT64_C(15);
}

// Proves the pages from sp's up to proven_low.
static bool bounds_prove(uint64_t sp, uint64_t low) {
  if (sp < load_relaxed(&bounds_refuted_low) || low - sp > MAX_EXTENSION) return false;
  // Upwards from sp: downwards would make the kernel grow a main thread's stack for nothing.
  for (uint64_t page = bounds_page(sp); page < low; page += PAGE) {
    if (!silt_os_readable(page)) {
      store_relaxed(&bounds_refuted_low, page + PAGE);
      return false;
    }
  }
  store_relaxed(&bounds_proven_low, bounds_page(sp));
  return true;
}

void silt_bounds_at(struct silt_bounds *bounds, uint64_t sp) {
  uint64_t thread = (uint64_t)__builtin_thread_pointer();
  uint64_t end = thread == bounds_main_thread ? bounds_main_end : thread;
  uint64_t low = load_relaxed(&bounds_proven_low);
  if (low == 0) low = end;
  bounds->low = bounds->floor = (sp + 7) & ~UINT64_C(7);
  bounds->foreign = sp >= end || (sp < low && !bounds_prove(sp, low));
  bounds->words = bounds->foreign ? 0 : (end - bounds->low) / 8;
}

bool silt_bounds_extend(struct silt_bounds *bounds, uint64_t address) {
  if (!bounds->foreign || address % 8 != 0 || address < bounds->floor) return false;
  if (!silt_os_readable(address)) return false;
  uint64_t page = bounds_page(address);
  // What was known stays known only where the new page continues it.
  if (page != silt_bounds_end(bounds)) bounds->low = page > bounds->floor ? page : bounds->floor;
  bounds->words = (page + PAGE - bounds->low) / 8;
  return true;
}
