// SPDX-License-Identifier: Apache-2.0
//
// The file of one dump: "<name>.<n>.silt", where n is the first number that is free, so that no
// dump is ever overwritten. It is written under a temporary name and then renamed, so that no
// reader sees half a dump. Then older files are pruned. It is open only during a turn of the dump,
// from silt_output_begin or silt_output_go_on to silt_output_pause or silt_output_end, and never as
// a descriptor below 3. Async-signal-safe; one at a time.
#ifndef SILT_OUTPUT_H
#define SILT_OUTPUT_H

#include "base/base.h"

// Makes the directory if it is gone, and the file in it. An error while the process acts with
// another user's rights: the file would be that user's.
int silt_output_begin(struct silt_header *header, int *fd, uint32_t *sequence);

// Between two turns. The second opens what the first has closed; on an error there is no file any
// more.
void silt_output_pause(void);
int silt_output_go_on(int *fd);

// Gives the file its name; or removes it, if `error` says that it was not written. Returns an
// error, of writing or of naming.
int silt_output_end(struct silt_header *header, int error);

#endif
