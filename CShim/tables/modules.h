// SPDX-License-Identifier: Apache-2.0
//
// The loaded objects whose functions stand in recorded stacks: path, build id, addresses. An object
// is recorded when it is first met, by base/objects.h: the loader lock is never taken, and an
// object that no stack mentions costs nothing.
//
// A module is what it is, not where it lies: one that comes back after a dlclose, at whatever
// address, is found by its build id and program headers (without build id by its path, its program
// headers and its .eh_frame_hdr), so that plugins that are reloaded for years record nothing new.
// Lock-free and async-signal-safe.
#ifndef SILT_MODULES_H
#define SILT_MODULES_H

#include "base/base.h"

// The frame word of a pc on the calling thread's stack, whose module cannot be unloaded meanwhile:
// module and link address, or the bare pc outside any module (JIT code) and where the module could
// not be recorded, which is counted. `settled`: nothing is just being unloaded.
uint64_t silt_modules_frame(struct silt_header *header, uint64_t pc, bool settled);

// After the real dlclose, before the unload counts as ended: marks the modules that are gone.
void silt_modules_unloaded(struct silt_header *header);

// The address range of libsilt.so itself.
bool silt_modules_is_own(uint64_t pc);

#endif
