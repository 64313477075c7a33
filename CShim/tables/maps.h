// SPDX-License-Identifier: Apache-2.0
//
// The mappings that the program made and that live, of SILT_MAPPING_LEAST bytes and more: an exact
// table in the session, cut as the program cuts its mappings.
//
// All calls are async-signal-safe. A change is put into a queue, and whoever finds nobody at work
// applies what is in it: no thread waits for another, but where 2048 changes wait for a thread that
// does not run. The next then rests until they are fewer, 50 ms at most, and is lost. Call
// silt_maps_change with all signals blocked: a handler that leaves it by longjmp would leave the
// work half done. Where they cannot be blocked, such a handler stops the table, and what comes
// after is counted as lost.
//
// Changes may be queued in another order than the kernel made them: a thread that has unmapped
// something may be late, and another one was given the address meanwhile. So each change says when
// it was: what is gone is only what was made before.
#ifndef SILT_MAPS_H
#define SILT_MAPS_H

#include "base/base.h"

// The most mappings: half of what the kernel allows a process by default.
#define SILT_MAPS_MAX 32768u

enum silt_maps_kind {
  SILT_MAPS_MAKE,     // [start, start + size) is a new mapping
  SILT_MAPS_UNMAP,    // it is gone
  SILT_MAPS_PROTECT,  // it has another protection
  SILT_MAPS_MOVE,     // [from, from + from_size) is gone, [start, start + size) has come of it
  SILT_MAPS_COPY,     // the same, and what it came of stays
};

struct silt_maps_change {
  uint64_t start, size;
  uint64_t from, from_size;  // of MOVE and COPY
  uint64_t before;           // silt_maps_order() before the program's call; all but MAKE
  uint64_t born;             // after it; MAKE, MOVE and COPY
  uint64_t time;
  uint32_t stack;
  uint32_t thread;
  uint32_t protection;  // MAKE and PROTECT; else it stays what it was
  uint32_t flags;       // MAKE
  uint32_t kind;        // enum silt_maps_kind
};

// For the first session: how much memory is kept outside the file, and where it is; all zero.
uint64_t silt_maps_size(void);
void silt_maps_open(void *memory);

// A number that is larger each time.
uint64_t silt_maps_order(void);

// What has no room is counted as lost. Whole pages only; what is to be made is large enough.
void silt_maps_change(struct silt_header *header, const struct silt_maps_change *change);

#endif
