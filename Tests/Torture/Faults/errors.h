// SPDX-License-Identifier: Apache-2.0
//
// Which errors each system call may plausibly give, and whether it can give one for ever.
#ifndef ERRORS_H
#define ERRORS_H

#include <stdbool.h>

#define ERRORS_MOST 12u

// No error: the call does nothing, and says 0.
#define ERRORS_NOTHING 4095

struct errors {
  long number;
  const char *name;
  int errors[ERRORS_MOST];  // ended by 0
};

// Of a call that is not in the table: EPERM and ENOSYS, which a seccomp filter gives.
const struct errors *errors_of(long number);
const char *errors_name(int error);

#endif
