// SPDX-License-Identifier: Apache-2.0
//
// What the kernel says of the process's memory and of its control group's limit, for the header of
// a dump.
#ifndef SILT_MEMORY_H
#define SILT_MEMORY_H

#include "base.h"

// Fills rss, memory_limit and memory_current; leaves 0 what is not known or not limited. Knows
// control groups of both versions. Async-signal-safe; about ten system calls.
void silt_memory_measure(struct silt_header *header);

#endif
