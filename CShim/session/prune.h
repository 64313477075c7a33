// SPDX-License-Identifier: Apache-2.0
//
// Limits what finished files take in one directory: by number for each program (SILT_KEEP, and a
// sixteenth more on average), by bytes for all together (SILT_KEEP_BYTES), or a little more for a
// moment; and a folder holds some 2,000 files more than SILT_KEEP, since nobody should wait while
// more are looked at. Removes the oldest: dumps, sessions of processes that were killed, dumps that
// were never finished. Must never remove a file that the shim did not name, nor the session or the
// unfinished dump of a process that may still run. Async-signal-safe; one caller at a time.
#ifndef SILT_PRUNE_H
#define SILT_PRUNE_H

#include "base/base.h"

enum silt_prune_room { SILT_PRUNE_AS_IT_IS, SILT_PRUNE_FOR_ONE_MORE };

// `folder` is the directory's descriptor; -1: none, nothing is done. Whose program it is stands in
// `self`. `spared` is the name of a file that counts but stays, or NULL.
void silt_prune(int folder, const struct silt_header *self, enum silt_prune_room room,
                const char *spared);

#endif
