// SPDX-License-Identifier: Apache-2.0
//
// Heads of the hash chains that lead to the runs of stacks and to the sites. They are the process's
// own affair and stand outside the file. A forked child drops them, as it drops the session that
// they lead into.
//
// In levels, by how far in its region an element lies: what a small program has fits the first few
// pages. A search looks through the levels up to that of the newest element. Lock-free,
// async-signal-safe; never full.
#ifndef SILT_HEADS_H
#define SILT_HEADS_H

#include "base/base.h"

enum silt_chain { SILT_CHAIN_RUNS, SILT_CHAIN_SITES, SILT_CHAIN_COUNT };

// Before the heads are used.
void silt_heads_follow_session(void);

// Of the element with this index.
uint32_t silt_heads_level(enum silt_chain chain, uint64_t index);

uint32_t *silt_heads_at(enum silt_chain chain, uint32_t level, uint64_t hash);

// Puts an element in front of its chain; *next is its link, or'ed with `mark`.
void silt_heads_push(enum silt_chain chain, uint64_t hash, uint32_t element, uint32_t *next,
                     uint32_t mark);

#endif
