// SPDX-License-Identifier: Apache-2.0
//
// Is a session, live or dumped, what the model says? Reads with nothing but the format's header, so
// that no mistake of the readers is repeated here. Allocates nothing: it runs in the very program
// that is compared.
#ifndef COMPARE_H
#define COMPARE_H

#include <stddef.h>

#include "model.h"

struct compare {
  uint64_t in_flight;  // calls that may have been interrupted by a SIGKILL
  // Results.
  uint64_t live, live_bytes, nested, missing;
  const char *why;
  uint64_t which, expected, found;
};

// False, and why, if not. Writes `seen` in the model's nodes.
bool compare(struct compare *, struct model *, const void *session, size_t size);
// Without a model: whether the file is whole, and a dump's checksums are right.
bool compare_reads(struct compare *, const void *session, size_t size);

#endif
