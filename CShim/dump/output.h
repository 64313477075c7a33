// SPDX-License-Identifier: Apache-2.0
//
// The file of one dump: "<name>.<n>.silt", where n is the first number that is free, so that no
// dump is ever overwritten. It is written under a temporary name and then renamed, so that no
// reader sees half a dump. Then older files are pruned. Async-signal-safe; one at a time.
#ifndef SILT_OUTPUT_H
#define SILT_OUTPUT_H

#include "base/base.h"

// Makes the directory if it is gone, and the file in it. On success silt_output_end must follow.
int silt_output_begin(struct silt_header *header, int *fd, uint32_t *sequence);

// Gives the file its name; or removes it, if `error` says that it was not written. Returns an
// error, of writing or of naming.
int silt_output_end(struct silt_header *header, int error);

#endif
