// SPDX-License-Identifier: Apache-2.0
//
// What the kernel says about the memory and threads of the process and about the limit of its
// control group; for the header of a dump.
#ifndef SILT_MEMORY_H
#define SILT_MEMORY_H

#include "base/base.h"

// Fills rss, rss_shared, threads, memory_limit and memory_current. What is not known or not limited
// stays 0. Handles control groups of versions 1 and 2. Async-signal-safe; one caller at a time;
// about a dozen system calls.
void silt_memory_measure(struct silt_header *header);

#endif
