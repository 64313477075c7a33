// SPDX-License-Identifier: Apache-2.0
//
// Limits how many finished files of one program stay in one directory: removes the oldest. Must
// never remove a file that the shim did not name, nor a live file whose process may still run.
#ifndef SILT_PRUNE_H
#define SILT_PRUNE_H

#include "base/base.h"

// `stem` is silt_file_stem() of this process. Async-signal-safe; one caller at a time.
void silt_prune(const char *stem, const struct silt_header *self, uint32_t keep);

#endif
