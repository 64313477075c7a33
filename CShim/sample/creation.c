// SPDX-License-Identifier: Apache-2.0
//
// Uses the same re-entrancy guard as samples: a creation inside a recording is counted as lost.
#include "sample/creation.h"

#include <errno.h>

#include "sample/capture.h"
#include "session/session.h"
#include "tables/tables.h"

struct silt_launch *silt_creation_record(struct silt_call call, uint64_t stack_size) {
  int saved = errno;
  struct silt_launch *launch = NULL;
  struct silt_header *header = silt_tables_session();
  if (header && silt_capture_begin()) {
    header = silt_session_current();  // again, as in record.c
    if (header) launch = silt_threads_prepare(header, call, silt_capture_stack(header), stack_size);
    silt_capture_end();
  } else if (header) {
    silt_session_lose(header, SILT_LOST_THREADS, 0);
  }
  errno = saved;
  return launch;
}
