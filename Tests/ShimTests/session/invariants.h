// SPDX-License-Identifier: Apache-2.0
//
// What is true of the tables whenever nobody is writing.
#ifndef INVARIANTS_H
#define INVARIANTS_H

#include "base/base.h"

// Regions lie behind one another, aligned, within what is mapped; what is backed covers what is
// used.
bool regions_is_valid(struct silt_header *header);
// Each entry is where its address belongs, whole, and never denied by the filter; no address twice.
bool live_is_valid(struct silt_header *header);
// Each event is whole and stands where its sequence belongs.
bool ring_is_valid(struct silt_header *header);
// The site and its stack are whole and name each other's ids.
bool site_is_valid(struct silt_header *header, uint32_t site);

uint64_t live_count(struct silt_header *header);

#endif
