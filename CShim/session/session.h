// SPDX-License-Identifier: Apache-2.0
//
// The session: the mapping that holds everything the shim knows of this process, and the file
// behind it. Created at the first sample; a forked child forgets its parent's and makes its own.
// Regions only ever grow; their blocks are reserved before anything is written there.
//
// All calls are lock-free and async-signal-safe. "Current" calls never create.
#ifndef SILT_SESSION_H
#define SILT_SESSION_H

#include "base/base.h"

// From the constructor: notes which process this memory belongs to, so that a fork and a vfork
// child are told from it. False without memory.
bool silt_session_own(void);

// The session of this process, made now if there is none; NULL if that is impossible.
struct silt_header *silt_session(void);

// The session of this process if it has one. Every path that uses a session comes through one of
// these two, since they notice a fork.
struct silt_header *silt_session_current(void);

// How often this process has been forked since the shim was loaded: a new value, a new process.
uint32_t silt_session_generation(void);

// No further recording in this process: it is ending. Returns the session, once; NULL to later
// callers.
struct silt_header *silt_session_close(void);

// Claims `count` elements at the end of a region and makes their blocks present. False when the
// region or the disk is full; the caller counts that.
bool silt_region_claim(struct silt_header *header, enum silt_region_kind kind, uint64_t count,
                       uint64_t *first);

// How many elements from the start have been claimed and not refused. Beyond, blocks may be
// missing: on a full disk even a read there is a SIGBUS.
uint64_t silt_region_count(struct silt_header *header, enum silt_region_kind kind);

// Makes the first `elements` of a region present, for regions that are not claimed in order.
bool silt_region_back(struct silt_header *header, enum silt_region_kind kind, uint64_t elements);

static inline void *silt_region_at(struct silt_header *header, enum silt_region_kind kind,
                                   uint64_t index) {
  struct silt_region *region = &header->regions[kind];
  return (char *)header + region->offset + index * region->element_size;
}

void silt_session_lose(struct silt_header *header, enum silt_lost reason, uint64_t bytes);

// Where the files of this process are, without the ending: "<directory>/<program>.<pid>", or
// "<pid>-<k>" if that name was taken; "" where no file could be made.
const char *silt_session_stem(void);
// Removes the live file's name; the mapping stays.
void silt_session_unlink(void);

#endif
