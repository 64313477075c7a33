// SPDX-License-Identifier: Apache-2.0
//
// A thread's own stack is [sp, end). For a thread, end is its control block: glibc puts that at the
// top of every stack, also of one that the program supplied. For the main thread, the kernel puts
// the program's arguments at the top. That sp is on this stack is proven, not assumed: every page
// from sp to end must be readable, so a guard page or a hole in between refutes it. A stack without
// a guard page is one only down to where its creator said that it begins.
#include "cfi/bounds.h"

#include <sys/auxv.h>

#include "base/os.h"

// The smallest page of any kernel. Steps of this size also meet every larger page.
#define PAGE UINT64_C(4096)
// An sp that is further than this below the proven part counts as foreign without a probe. This
// bounds the cost of a walk (about 0.13 us a page) on a fiber whose stack is below the thread's.
#define MAX_EXTENSION (UINT64_C(16) << 20)

static uint64_t bounds_main_thread;
static uint64_t bounds_main_end;

// A signal handler may walk in the middle of an update of these: it then makes a few more probes,
// and no mistake, because a proof or a refutation stays true.
static __thread uint64_t bounds_proven_low;   // pages of [proven_low, end) are readable; 0: none
static __thread uint64_t bounds_refuted_low;  // an sp below is not on this stack
// The lowest address that may be this stack's. Where nothing guards its end, another one may lie
// right below it and go away at any time: what is readable there now proves nothing. 0: not known,
// the stack counts as foreign.
static __thread uint64_t bounds_lowest;

static uint64_t bounds_page(uint64_t address) {
  return address & ~(PAGE - 1);
}

void silt_bounds_init(void) {
  bounds_main_thread = (uint64_t)__builtin_thread_pointer();
  bounds_main_end = getauxval(AT_RANDOM) & ~UINT64_C(15);
  silt_bounds_begin_thread(SILT_BOUNDS_GUARDED);
}

void silt_bounds_begin_thread(int64_t lowest) {
  uint64_t thread = (uint64_t)__builtin_thread_pointer();
  store_relaxed(&bounds_lowest, lowest < 0 ? thread + (uint64_t)lowest : (uint64_t)lowest);
}

// Probes the pages from that of sp up to `low`, from where on they are proven.
static bool bounds_prove(uint64_t sp, uint64_t low) {
  uint64_t lowest = load_relaxed(&bounds_lowest);
  if (!lowest || sp < lowest || sp < load_relaxed(&bounds_refuted_low) || low - sp > MAX_EXTENSION)
    return false;
  // Upwards from sp: downwards, the kernel would grow the main thread's stack without need.
  for (uint64_t page = bounds_page(sp); page < low; page += PAGE) {
    if (!silt_os_readable(page)) {
      // In a sandbox nothing can be asked, for the moment or for good.
      if (!silt_os_is_stopped()) store_relaxed(&bounds_refuted_low, page + PAGE);
      return false;
    }
  }
  uint64_t page = bounds_page(sp);
  store_relaxed(&bounds_proven_low, page > lowest ? page : lowest);
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
  // If the new page does not follow what was known, only the new page is known from here on.
  if (page != silt_bounds_end(bounds)) bounds->low = page > bounds->floor ? page : bounds->floor;
  bounds->words = (page + PAGE - bounds->low) / 8;
  return true;
}
