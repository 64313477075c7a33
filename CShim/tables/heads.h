// SPDX-License-Identifier: Apache-2.0
//
// Heads of the hash chains that lead to the runs of stacks and to the sites. They are the process's
// own affair and stand outside the file. A forked child drops them, as it drops the session that
// they lead into.
//
// In levels, by how far in its region an element lies: what a small program has fits the first few
// pages. A search looks through the levels up to that of the newest element; each head knows most
// of what is not in its chain, so that a search for what is new reads no element. Lock-free,
// async-signal-safe; never full.
#ifndef SILT_HEADS_H
#define SILT_HEADS_H

#include "base/base.h"

enum silt_chain { SILT_CHAIN_RUNS, SILT_CHAIN_SITES, SILT_CHAIN_COUNT };

// For the first session: how much memory the heads take, and where it is; all zero.
uint64_t silt_heads_size(void);
void silt_heads_open(void *memory);

// Before the heads are used.
void silt_heads_follow_session(void);

// Levels that a search must look through where a region has so many elements.
uint32_t silt_heads_levels(enum silt_chain chain, uint64_t elements);

// The most elements of a chain that a search looks at: none grows longer by chance. One that does
// is a circle, made by who writes to the file, or by a child that goes on in its parent's
// recording. What it hides is appended once more.
uint32_t silt_heads_longest(enum silt_chain chain, uint64_t elements);

// The first element of the chain in which one of this hash would be; 0: none of it is in there.
uint32_t silt_heads_first(enum silt_chain chain, uint32_t level, uint64_t hash);

// Puts an element in front of its chain; *next becomes its link, or'ed with `mark`.
void silt_heads_push(enum silt_chain chain, uint64_t hash, uint32_t element, uint32_t *next,
                     uint32_t mark);

#endif
