// SPDX-License-Identifier: Apache-2.0
//
// The directories that files of this process lie in: made where they are missing, and checked on
// the descriptor that is then used, so that nobody can put another in their place in between. Keeps
// no descriptor. Async-signal-safe.
#ifndef SILT_FOLDER_H
#define SILT_FOLDER_H

#include "base/base.h"

// SILT_DIR, made if it is not there. Not a link.
int silt_folder_open_given(int *fd);

// "<root>/silt-<uid>" of the user that the process acts for now: nobody else's, and closed to
// others.
int silt_folder_open_own(const char *root, int *fd);

// The path of the same, for a name that is kept.
struct silt_text;
void silt_folder_add_own(struct silt_text *text, const char *root);

// Whether a session's file may be mapped from there. Only file systems that were tested: a store
// must neither wait for a disk nor be a SIGBUS because blocks are copied on write. The second is
// true of a disk that somebody has asked for.
bool silt_folder_is_memory(int fd);
bool silt_folder_keeps_blocks(int fd);

// Whether both are open, and are one directory.
bool silt_folder_same(int a, int b);

// Where dumps go now: SILT_DIR, or else the user's own directory in /tmp. The second also where the
// first cannot be written: a process that gave up root cannot write where it could before.
int silt_folder_open_dumps(int *fd);

#endif
