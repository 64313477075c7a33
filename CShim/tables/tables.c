// SPDX-License-Identifier: Apache-2.0
//
// See tables.h.
#include "tables/tables.h"

#include "session/session.h"
#include "tables/filter.h"
#include "tables/heads.h"
#include "tables/live.h"
#include "tables/threads.h"

static bool tables_open(void) {
  return silt_filter_open() && silt_live_open() && silt_heads_open() && silt_threads_open();
}

struct silt_header *silt_tables_session(void) {
  return silt_session(tables_open);
}
