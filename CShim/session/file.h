// SPDX-License-Identifier: Apache-2.0
//
// The file behind the session: where it is, what it is called, and its mapping. It lies on a tmpfs,
// so that no store waits for a disk: "/dev/shm/silt-<uid>/<name>.live.silt". Owns the name that all
// files of this process begin with. Async-signal-safe.
#ifndef SILT_FILE_H
#define SILT_FILE_H

#include "base/base.h"

// Makes the file of the process that `plan` describes, after removing what earlier processes have
// left too much of, and maps `size` bytes of it; the blocks of the header are reserved. Without
// SILT_DIR, or where its file system is not one that is safe to map, the file is in /dev/shm. NULL
// where none can be made. One caller at a time.
void *silt_file_map(struct silt_header *plan, uint64_t size);

// "<program>.<pid>", or "<program>.<pid>-<k>" if that was taken; "" before silt_file_map.
const char *silt_file_name(void);

// Removes the live file's name; the mapping stays.
void silt_file_unlink(void);

#endif
