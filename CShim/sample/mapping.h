// SPDX-License-Identifier: Apache-2.0
//
// Records what the program does with its mappings, with the stack of the call. Nothing is sampled.
// All calls are lock-free, async-signal-safe and preserve errno.
#ifndef SILT_MAPPING_H
#define SILT_MAPPING_H

#include "tables/maps.h"

// Before the program's call that may end mappings: the moment to hand to silt_mapping_record. 0 if
// there is nothing that could end.
uint64_t silt_mapping_moment(void);

// After the call has succeeded. Stack, thread, time and `born` are filled in here. A large mapping
// begins the session; what only ends mappings does not.
void silt_mapping_record(struct silt_maps_change change);

#endif
