// SPDX-License-Identifier: Apache-2.0
//
// Packs a running session into a file: the same regions without their gaps. It may take several
// turns, between which the program goes on. The result is the session at the first turn, except for
// what is being written at the very moment, and for blocks that are freed before their turn comes.
// Async-signal-safe; one caller at a time, one file at a time.
#ifndef SILT_PACK_H
#define SILT_PACK_H

#include "base/base.h"

// Takes down what the file is to be about, and writes whose it is. Errors are told by the first
// turn, which must follow.
void silt_pack_begin(int fd, struct silt_header *header, enum silt_reason reason,
                     uint32_t sequence);

// One turn: goes on into the file, open now, until that time of the monotonic clock, and by one
// piece of at least 16 KiB or 16 threads. Returns 0 or an error number; `whole` when nothing is
// left to do. Never lets the file grow beyond the limit of the process, which would be a SIGXFSZ.
int silt_pack_go_on(int fd, struct silt_header *header, uint64_t until, bool *whole);

#endif
