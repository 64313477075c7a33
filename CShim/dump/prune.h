// SPDX-License-Identifier: Apache-2.0
//
// Keeps the number of finished files of one program in one directory within a bound. Removes only
// what the shim itself has named: dumps, and live files whose process is known to be gone. Oldest
// first.
#ifndef SILT_PRUNE_H
#define SILT_PRUNE_H

#include "base/base.h"

// `stem` is the silt_file_stem of this process. Async-signal-safe; one caller at a time.
void silt_prune(const char *stem, const struct silt_header *self, uint32_t keep);

#endif
