// SPDX-License-Identifier: Apache-2.0
//
// A session without tables: those are the floor above.
#ifndef ALONE_H
#define ALONE_H

#include "session/session.h"

static inline bool alone_open(void) {
  return true;
}

static inline struct silt_header *session_alone(void) {
  return silt_session(alone_open);
}

#endif
