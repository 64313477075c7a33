// SPDX-License-Identifier: Apache-2.0
//
// Chooses between dlsym and our own search.
#define _GNU_SOURCE
#include "base/libc.h"

#include "base/symbols.h"

void *silt_libc_next(const char *name) {
  if (!dlsym) return silt_symbols_next(name);
  // Must not be a tail call: RTLD_NEXT is relative to the object that dlsym would return to.
  void *function = dlsym(RTLD_NEXT, name);
  // Clears the error: else the program's next dlerror would report what we did not find.
  if (!function && dlerror) dlerror();
  return function;
}
