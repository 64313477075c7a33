// SPDX-License-Identifier: Apache-2.0
//
// The functions that replace the program by another one. They say so in the session, because
// nothing of the shim runs afterwards, and take it back if the call fails. Path, arguments,
// environment, result and errno are those of the next function.
//
// Async-signal-safe, and safe in a vfork child: nothing is allocated, no lock is taken, and the
// child says nothing of its parent's session. posix_spawn, system and popen do not come here: libc
// makes their child in its own way.
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>

#include "dump/dump.h"
#include "entry/next.h"
#include "session/owner.h"
#include "session/session.h"

// The owner is asked first. In a forked child that has recorded nothing, to ask for the session
// would unmap its parent's, which exec does anyway.
static struct silt_header *exec_begin(void) {
  silt_next_find();
  struct silt_header *header = silt_owner_is_this_process() ? silt_session_current() : NULL;
  uint32_t running = SILT_STATE_RUNNING;
  if (header) silt_dump_end_unfinished(header);
  return header && cas_acq_rel(&header->state, &running, (uint32_t)SILT_STATE_EXECED) ? header
                                                                                      : NULL;
}

static int exec_failed(struct silt_header *header) {
  uint32_t execed = SILT_STATE_EXECED;
  if (header) cas_acq_rel(&header->state, &execed, (uint32_t)SILT_STATE_RUNNING);
  return -1;
}

#define EXEC(result, name, parameters, arguments) \
  result name parameters {                        \
    struct silt_header *header = exec_begin();    \
    if (silt_next.name)                           \
      silt_next.name arguments;                   \
    else                                          \
      errno = ENOSYS;                             \
    return exec_failed(header);                   \
  }
SILT_NAMES_EXEC(EXEC)

// ---- with a list of arguments

// How many arguments there are from `first` to the NULL that ends them, which is counted.
static size_t exec_count(const char *first, va_list list) {
  size_t count = 1;
  for (const char *argument = first; argument; argument = va_arg(list, const char *)) count++;
  return count;
}

// The list as an array on the stack, as libc does it: nothing else is safe in a signal handler.
// Leaves `list` behind the NULL.
#define EXEC_LIST(first, list, arguments)   \
  va_list list;                             \
  va_start(list, first);                    \
  char *arguments[exec_count(first, list)]; \
  va_end(list);                             \
  va_start(list, first);                    \
  arguments[0] = (char *)first;             \
  for (size_t i = 0; arguments[i]; i++) arguments[i + 1] = va_arg(list, char *)

int execl(const char *path, const char *first, ...) {
  EXEC_LIST(first, list, arguments);
  va_end(list);
  return execv(path, arguments);
}

int execlp(const char *file, const char *first, ...) {
  EXEC_LIST(first, list, arguments);
  va_end(list);
  return execvp(file, arguments);
}

int execle(const char *path, const char *first, ...) {
  EXEC_LIST(first, list, arguments);
  char *const *environment = va_arg(list, char *const *);
  va_end(list);
  return execve(path, arguments, environment);
}
