// SPDX-License-Identifier: Apache-2.0
//
// What the kernel says of the process's memory, its threads and its control group's limit, for the
// header of a dump.
#ifndef SILT_MEMORY_H
#define SILT_MEMORY_H

#include "base/base.h"

// Fills rss, rss_shared, threads, memory_limit and memory_current; leaves 0 what is not known or
// not limited. Knows control groups of both versions. Async-signal-safe; about a dozen system
// calls.
void silt_memory_measure(struct silt_header *header);

#endif
