// SPDX-License-Identifier: Apache-2.0
//
// The tables as a whole: sees that what they keep outside the session is there before there is a
// session. Lock-free and async-signal-safe.
#ifndef SILT_TABLES_H
#define SILT_TABLES_H

#include "base/base.h"

// The session of this process, made now if there is none; NULL if that is impossible.
struct silt_header *silt_tables_session(void);

// Makes some of each table present beyond what is used, while the kernel may still be asked for it.
// `header` may be NULL.
void silt_tables_make_room(struct silt_header *header);

#endif
