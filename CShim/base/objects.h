// SPDX-License-Identifier: Apache-2.0
//
// Which loaded object holds an address. glibc 2.35 and later answer this without a lock, by
// _dl_find_object; before, listed.h does. Never takes the loader's lock, never allocates: any
// thread, any signal handler.
#ifndef SILT_OBJECTS_H
#define SILT_OBJECTS_H

#include "base/base.h"

struct silt_object {
  uint64_t start, end;          // of the object, or of the segment that holds the address
  uint64_t bias;                // what the loader adds to the addresses in the file
  const uint8_t *unwind_table;  // .eh_frame_hdr; NULL: none
  const char *name;             // its path; "" for the main program. Valid while it is loaded
};

// Only for an address on the calling thread's stack or in code that it is about to run: the object
// that holds it cannot be unloaded meanwhile, and is read. False if no object holds it, or, before
// glibc 2.35, if that cannot be told now.
bool silt_objects_find(uint64_t address, struct silt_object *object);

// Whether the object that holds an address has this bias. For any address, since nothing of the
// object is read. False if that cannot be told now.
bool silt_objects_is_at(uint64_t address, uint64_t bias);

// Tightly around every real dlclose, on the same thread; may nest.
void silt_objects_unload_begin(void);
void silt_objects_unload_end(void);

// In a forked child, while it has one thread.
void silt_objects_after_fork(void);

#endif
