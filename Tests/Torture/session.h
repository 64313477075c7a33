// SPDX-License-Identifier: Apache-2.0
//
// The session of this very process, compared with the model. Every thread but the caller must have
// ended.
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>

// Takes the model's start from the session, if there is one.
void session_begin(void);
// The live session; with `dumped` also a dump that is made now. Says what differs, on stderr, and
// returns false.
bool session_is_exact(const char *when, bool dumped);

#endif
