// SPDX-License-Identifier: Apache-2.0
//
// The file behind the session: where it is, what it is called, and its mapping. Owns the names of
// all files of this process: "<stem>.live.silt" while it runs, "<stem>.<n>.silt" for its dumps.
// Async-signal-safe.
#ifndef SILT_FILE_H
#define SILT_FILE_H

#include "base/base.h"

// Makes the file of the process that `plan` describes, in SILT_DIR or else in /tmp/silt-<uid>, and
// maps `size` bytes of it, which silt_regions_begin has prepared. NULL where no file can be made,
// or none that is safe to write to. One caller at a time.
void *silt_file_map(struct silt_header *plan, uint64_t size);

// "<directory>/<program>.<pid>", or "<pid>-<k>" if that name was taken; "" where no file could be
// made.
const char *silt_file_stem(void);

// Removes the live file's name; the mapping stays.
void silt_file_unlink(void);

#endif
