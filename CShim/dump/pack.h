// SPDX-License-Identifier: Apache-2.0
//
// Packs a running session into an open file: the same regions without their gaps. The program goes
// on meanwhile: what is being written at this moment is left out. Async-signal-safe; one caller at
// a time.
#ifndef SILT_PACK_H
#define SILT_PACK_H

#include "base/base.h"

// Writes the whole file; returns 0 or an error number. Never lets the file grow beyond the limit of
// the process, which would be a SIGXFSZ.
int silt_pack(int fd, struct silt_header *header, enum silt_reason reason, uint32_t sequence);

#endif
