// SPDX-License-Identifier: Apache-2.0
//
// When a dump is made and what it is called: on a signal, at exit, after an interval, after growth.
// A dump is written under a temporary name and then renamed, so that no reader sees half a dump.
// One dump at a time: a signal that arrives during one causes one more; any other reason to dump is
// counted as lost. Everything here is async-signal-safe.
//
// An allocation or a free never works for more than a millisecond or so: on an interval and on
// growth a dump begins in the sample that is due, and the next samples and sampled frees go on with
// it. But it writes to a file, and waits as long as that disk does. On a signal the handler works
// for 3 ms or so, and leaves the rest to them; where the process hardly allocates, and at exit, it
// is made, or ended, in one go: about 1 ms for each MB of the file.
#ifndef SILT_DUMP_H
#define SILT_DUMP_H

#include "base/base.h"

// From the constructor: installs our signal handler, unless the signal already has one.
void silt_dump_init(void);

// From the slow path: makes a dump if the interval is over or the memory in use has grown enough.
// Checks once a second whether the program has replaced our signal handler.
// `interval` is the one that the block was sampled with.
void silt_dump_after_alloc(struct silt_header *header, uint64_t now, uint64_t size,
                           uint64_t interval);
void silt_dump_after_free(struct silt_header *header, uint64_t size, uint64_t interval);

// Before the program is replaced, or the thread enters a sandbox: what has been begun is ended in
// one go, since there may be nobody left to do it.
void silt_dump_end_unfinished(struct silt_header *header);

// In the child of a fork: gives back what it has of a dump that its parent is making.
void silt_dump_forked(void);

// How it ends. A vfork child, which shares its parent's memory, calls _exit and runs no destructor:
// where the kernel cannot be asked, only that tells whose end it is.
enum silt_dump_end { SILT_DUMP_BY_DESTRUCTOR, SILT_DUMP_BY_EXIT };

// When the process ends normally: closes the session, makes the last dump and removes the live
// file. Nothing is recorded afterwards. Later calls do nothing.
void silt_dump_at_exit(enum silt_dump_end end);

#endif
