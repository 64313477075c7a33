// SPDX-License-Identifier: Apache-2.0
//
// The check that every test uses.
#ifndef REQUIRE_H
#define REQUIRE_H

#include <stdio.h>
#include <unistd.h>

// Ends the process as failed if the condition does not hold.
#define REQUIRE(condition)                                                \
  do {                                                                    \
    if (!(condition)) {                                                   \
      fprintf(stderr, "%s:%d: not " #condition "\n", __FILE__, __LINE__); \
      _exit(1);                                                           \
    }                                                                     \
  } while (0)

#endif
