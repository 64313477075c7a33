// SPDX-License-Identifier: Apache-2.0
//
// The three unwinders. This floor and entry/ are compiled with frame pointers: SILT_UNWIND=fp
// follows those of the shim's own functions first.
#define _GNU_SOURCE
#include "sample/unwind.h"

#include "base/config.h"
#include "base/libc.h"
#include "base/symbols.h"
#include "cfi/bounds.h"
#include "cfi/registers.h"
#include "cfi/walk.h"
#include "session/owner.h"
#include "tables/modules.h"

static int (*unwind_libunwind)(void **, int);

// libunwind gives return addresses and does not say which frames a signal interrupted, so every one
// is turned into a frame pc by - 1.
static uint32_t unwind_by_libunwind(uint64_t *pcs, uint8_t *end) {
  int got = unwind_libunwind((void **)pcs, SILT_UNWIND_ROOM);
  uint32_t depth = 0;
  for (int i = 0; i < got; i++)
    if (pcs[i]) pcs[depth++] = pcs[i] - 1;
  *end = depth == SILT_UNWIND_ROOM ? SILT_END_DEPTH : SILT_END_COMPLETE;
  return depth;
}

// In code that keeps frame pointers, each one points at [caller's frame pointer, return address].
// The chain also ends at code that keeps none, which looks the same as the outermost frame: so the
// result always counts as guessed.
static uint32_t unwind_by_frame_pointers(uint64_t *pcs, uint8_t *end) {
  uint64_t frame = (uintptr_t)__builtin_frame_address(0), caller, pc;
  struct silt_bounds bounds;
  silt_bounds_at(&bounds, frame);
  *end = SILT_END_COMPLETE | SILT_END_GUESSED;
  for (uint32_t depth = 0; depth < SILT_UNWIND_ROOM; depth++) {
    if (!silt_bounds_read(&bounds, frame, &caller) || !silt_bounds_read(&bounds, frame + 8, &pc) ||
        !pc)
      return depth;
    pcs[depth] = silt_return_address(pc) - 1;
    if (caller <= frame) return depth + 1;
    frame = caller;
  }
  *end = SILT_END_DEPTH | SILT_END_GUESSED;
  return SILT_UNWIND_ROOM;
}

static uint32_t unwind_walk(uint64_t *pcs, uint8_t *end) {
  if (unwind_libunwind) return unwind_by_libunwind(pcs, end);
  if (silt_config.unwind == SILT_UNWIND_FP) return unwind_by_frame_pointers(pcs, end);
  return silt_cfi_unwind(pcs, SILT_UNWIND_ROOM, end);
}

// A child inherits the table of rules, perhaps in the middle of an unload that another thread had
// begun and that will never end here.
static void unwind_follow_fork(void) {
  static uint32_t seen;
  uint32_t generation = silt_owner_generation(), before = load_relaxed(&seen);
  if (SILT_LIKELY(before == generation)) return;
  if (cas_relaxed(&seen, &before, generation)) silt_cfi_after_fork();
}

uint32_t silt_unwind(uint64_t pcs[SILT_UNWIND_ROOM], uint8_t *end) {
  unwind_follow_fork();
  uint32_t depth = unwind_walk(pcs, end), own = 0;
  while (own < depth && silt_modules_is_own(pcs[own])) own++;
  depth -= own;
  if (depth > SILT_MAX_DEPTH) {
    depth = SILT_MAX_DEPTH;
    *end = (uint8_t)(SILT_END_DEPTH | (*end & SILT_END_GUESSED));
  }
  __builtin_memmove(pcs, pcs + own, depth * sizeof *pcs);
  return depth;
}

void silt_unwind_prove(void) {
  uint64_t pcs[SILT_UNWIND_ROOM];
  uint8_t end;
  silt_unwind(pcs, &end);
}

void silt_unwind_init(void) {
  silt_cfi_init();
  if (silt_config.unwind != SILT_UNWIND_LIBUNWIND) return;
  void *library = silt_libc_load("libunwind.so.8");
  void *symbol = library ? silt_symbols_in("libunwind.so.8", "unw_backtrace") : NULL;
  if (!symbol) {
    silt_config.unwind = SILT_UNWIND_CFI;
    return;
  }
  *(void **)&unwind_libunwind = symbol;
}
