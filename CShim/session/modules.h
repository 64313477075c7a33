// SPDX-License-Identifier: Apache-2.0
//
// The loaded objects whose functions stand in recorded stacks: path, build id, addresses. An object
// is recorded when it is first met, by base/objects.h: the loader lock is never taken, and an
// object that no stack mentions costs nothing.
#ifndef SILT_MODULES_H
#define SILT_MODULES_H

#include "base/base.h"

// Records the objects that hold these pcs, all of which are on the calling thread's stack and so
// cannot be unloaded meanwhile. Addresses outside any object (JIT code) are passed over. When the
// region is full the loss is counted. Async-signal-safe.
void silt_modules_note(struct silt_header *header, const uint64_t *pcs, uint32_t depth);

// After a dlclose: marks recorded objects that are gone, and starts a new epoch if there were any.
void silt_modules_unloaded(struct silt_header *header);

// The address range of libsilt.so itself.
bool silt_modules_is_own(uint64_t pc);

#endif
