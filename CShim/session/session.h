// SPDX-License-Identifier: Apache-2.0
//
// The session: the mapping that holds everything the shim knows of this process. Made at the first
// sample or thread; a forked child forgets its parent's and makes its own.
//
// All calls are lock-free and async-signal-safe. Every path that uses a session comes through one
// of the first two, since they notice a fork. A child that is forked by a signal handler on top of
// such a path returns into it: it must be called once in such a child at the fork.
#ifndef SILT_SESSION_H
#define SILT_SESSION_H

#include "base/base.h"

// The session of this process, made now if there is none; NULL if that is impossible. Before there
// is one, `open_tables` provides for what the tables keep outside it, with all signals blocked;
// false if it cannot.
struct silt_header *silt_session(bool (*open_tables)(void));

// The session of this process if it has one.
struct silt_header *silt_session_current(void);

// No further recording in this process: it is ending. Returns the session, once; NULL to later
// callers.
struct silt_header *silt_session_close(void);

// Counts what could not be recorded.
void silt_session_lose(struct silt_header *header, enum silt_lost reason, uint64_t bytes);

#endif
