// SPDX-License-Identifier: Apache-2.0
//
// Dumps: the session packed into a file of its own, on a signal, at exit, on an interval, on
// growth. Written to a temporary name and renamed, so that no reader meets half a dump. One dump at
// a time: a signal meanwhile asks for one more, any other occasion is counted as lost. Everything
// here is async-signal-safe.
#ifndef SILT_DUMP_H
#define SILT_DUMP_H

#include "base/base.h"

// From the constructor: takes the signal, unless the program already has.
void silt_dump_init(void);

// From the slow path: dumps if the interval is over or in-use has grown enough; looks now and then
// whether the signal is still ours.
void silt_dump_after_alloc(struct silt_header *header, uint64_t now, uint64_t size);
void silt_dump_after_free(uint64_t size);

// The process ends normally: the last dump, then the live file goes. Nothing is recorded
// afterwards.
void silt_dump_at_exit(void);

#endif
