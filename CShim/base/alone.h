// SPDX-License-Identifier: Apache-2.0
//
// Stands in for _dl_find_object in a static program, which is one object and has no loader that
// could be asked. Only objects.c uses it; objects.h says what the function promises.
#ifndef SILT_ALONE_H
#define SILT_ALONE_H

#include "base/objects.h"

// The program, if it holds the address.
bool silt_alone_find(uint64_t address, struct silt_object *object);

// Whether the program has a loader after all, and so libraries, whose calls libsilt.a does not see.
#ifdef SILT_STATIC
bool silt_alone_has_loader(void);
#else
static inline bool silt_alone_has_loader(void) {
  return false;
}
#endif

#endif
