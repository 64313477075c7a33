// SPDX-License-Identifier: Apache-2.0
//
// The three unwinders behind one call.
#define _GNU_SOURCE
#include "unwind.h"

#include <dlfcn.h>
#include <unwind.h>

#include "config.h"
#include "modules.h"

static int (*libunwind_backtrace)(void **, int);

struct walk {
  uint64_t *pcs;
  uint32_t depth;
  bool cut;
};

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *argument) {
  struct walk *walk = argument;
  int exact = 0;
  uint64_t pc = _Unwind_GetIPInfo(context, &exact);
  if (!pc || (walk->depth == 0 && silt_modules_is_own(pc))) return _URC_NO_REASON;
  if (walk->depth == SILT_MAX_DEPTH) {
    walk->cut = true;
    return _URC_END_OF_STACK;
  }
  walk->pcs[walk->depth++] = exact ? pc : pc - 1;
  return _URC_NO_REASON;
}

static uint32_t by_libgcc(uint64_t *pcs, uint8_t *end) {
  struct walk walk = {.pcs = pcs};
  _Unwind_Backtrace(step, &walk);
  *end = walk.cut ? SILT_END_DEPTH : SILT_END_COMPLETE;
  return walk.depth;
}

static uint32_t by_libunwind(uint64_t *pcs, uint8_t *end) {
  // A few more than we keep, for the shim's own.
  void *raw[SILT_MAX_DEPTH + 8];
  int got = libunwind_backtrace(raw, SILT_MAX_DEPTH + 8);
  uint32_t depth = 0;
  *end = SILT_END_COMPLETE;
  for (int i = 0; i < got; i++) {
    uint64_t pc = (uintptr_t)raw[i];
    if (!pc || (depth == 0 && silt_modules_is_own(pc))) continue;
    if (depth == SILT_MAX_DEPTH) {
      *end = SILT_END_DEPTH;
      break;
    }
    pcs[depth++] = pc - 1;
  }
  return depth;
}

uint32_t silt_unwind(uint64_t pcs[SILT_MAX_DEPTH], uint8_t *end) {
  return libunwind_backtrace ? by_libunwind(pcs, end) : by_libgcc(pcs, end);
}

void silt_unwind_init(void) {
  if (silt_config.unwind != SILT_UNWIND_LIBUNWIND) return;
  void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  void *symbol = library ? dlsym(library, "unw_backtrace") : NULL;
  *(void **)&libunwind_backtrace = symbol;
  if (!symbol) silt_config.unwind = SILT_UNWIND_CFI;
}
