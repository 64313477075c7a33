// SPDX-License-Identifier: Apache-2.0
//
// What the header of a session says of its process: program, ids, machine, start.
#ifndef SILT_PROCESS_H
#define SILT_PROCESS_H

#include "base/base.h"

// Fills those fields of a header that is all zero; leaves 0 what cannot be known. One caller at a
// time. Async-signal-safe; about ten system calls.
void silt_process_describe(struct silt_header *header);

// The program's name as it stands in the names of files.
struct silt_text;
void silt_process_add_program(struct silt_text *text, const struct silt_header *header);

#endif
