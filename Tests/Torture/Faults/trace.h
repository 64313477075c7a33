// SPDX-License-Identifier: Apache-2.0
//
// One run of a program under ptrace, in which system calls that libsilt.so makes are not made, but
// answered. The shim's are told by where they are made: its own are inside its mapping. Calls of
// libc on its behalf (sigaction, dlopen) are not seen. x86-64.
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_NUMBERS 512

struct trace_plan {
  long number;    // of the system call; TRACE_ANY: all; TRACE_NONE: only count
  unsigned from;  // the first that is answered, counted from 1
  bool for_ever;  // and all behind it
  long result;    // negative: an error
  bool made;      // the call is made all the same, as close is
  // Every clock of every process jumps, libc's too; the seed of how. 0: not.
  uint64_t clock;
};
#define TRACE_ANY (-1)
#define TRACE_NONE (-2)

struct trace_result {
  int status;                      // as of waitpid, of the program itself
  bool hung;                       // it was killed after TRACE_SECONDS
  unsigned made;                   // calls of the shim
  unsigned answered;               // and clocks changed
  unsigned counts[TRACE_NUMBERS];  // calls of the shim by number
  size_t size;                     // of what was printed
  char output[1 << 16];
};
#define TRACE_SECONDS 30u

// False if the program could not be traced at all.
bool trace_run(char *const *words, char *const *environment, const struct trace_plan *,
               struct trace_result *);

#endif
