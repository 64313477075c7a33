// SPDX-License-Identifier: Apache-2.0
//
// THE list of the names that libsilt.so interposes, each as X(result, name, parameters, arguments).
// Whatever is needed for every name (declaration, next function, search for it) is made from here.
// C++ operators have their mangled names: align_val_t is a size_t, nothrow_t a reference.
#ifndef SILT_NAMES_H
#define SILT_NAMES_H

#include <pthread.h>
#include <sys/types.h>
#include <threads.h>

#include "base/base.h"

// The C allocation functions.
#define SILT_NAMES_C(X)                                                                       \
  X(void *, malloc, (size_t size), (size))                                                    \
  X(void, free, (void *p), (p))                                                               \
  X(void *, calloc, (size_t count, size_t size), (count, size))                               \
  X(void *, realloc, (void *p, size_t size), (p, size))                                       \
  X(int, posix_memalign, (void **out, size_t alignment, size_t size), (out, alignment, size)) \
  X(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))                \
  X(void *, memalign, (size_t alignment, size_t size), (alignment, size))                     \
  X(void *, valloc, (size_t size), (size))                                                    \
  X(void *, pvalloc, (size_t size), (size))

// jemalloc's own; there is no next function where there is no jemalloc.
#define SILT_NAMES_JEMALLOC(X)                                                                 \
  X(void *, mallocx, (size_t size, int flags), (size, flags))                                  \
  X(void *, rallocx, (void *p, size_t size, int flags), (p, size, flags))                      \
  X(size_t, xallocx, (void *p, size_t size, size_t extra, int flags), (p, size, extra, flags)) \
  X(void, dallocx, (void *p, int flags), (p, flags))                                           \
  X(void, sdallocx, (void *p, size_t size, int flags), (p, size, flags))

// What the shim must know of threads, sandboxes and the end.
#define SILT_NAMES_LIFE(X)                                                           \
  X(int, pthread_create,                                                             \
    (pthread_t * thread, const pthread_attr_t *attributes, void *(*routine)(void *), \
     void *argument),                                                                \
    (thread, attributes, routine, argument))                                         \
  X(int, thrd_create, (thrd_t * thread, thrd_start_t routine, void *argument),       \
    (thread, routine, argument))                                                     \
  X(int, prctl, (int option, ...), (option))                                         \
  X(long, syscall, (long number, ...), (number))                                     \
  X(void, _exit, (int status), (status))                                             \
  X(pid_t, _Fork, (void), ())

// Not in libsilt.a: a static program unloads nothing, and would get the whole loader with it.
#define SILT_NAMES_UNLOAD(X) X(int, dlclose, (void *handle), (handle))

// The ways to become another program. libc's do not call each other by these names.
#define SILT_NAMES_EXEC(X)                                                                   \
  X(int, execve, (const char *path, char *const *arguments, char *const *environment),       \
    (path, arguments, environment))                                                          \
  X(int, execv, (const char *path, char *const *arguments), (path, arguments))               \
  X(int, execvp, (const char *file, char *const *arguments), (file, arguments))              \
  X(int, execvpe, (const char *file, char *const *arguments, char *const *environment),      \
    (file, arguments, environment))                                                          \
  X(int, fexecve, (int fd, char *const *arguments, char *const *environment),                \
    (fd, arguments, environment))                                                            \
  X(int, execveat,                                                                           \
    (int fd, const char *path, char *const *arguments, char *const *environment, int flags), \
    (fd, path, arguments, environment, flags))

// Answered by one of the names above, never passed on.
#define SILT_NAMES_ANSWERED(X)                                                                \
  X(void, free_sized, (void *p, size_t size), (p, size))                                      \
  X(void, free_aligned_sized, (void *p, size_t alignment, size_t size), (p, alignment, size)) \
  X(void *, reallocarray, (void *p, size_t count, size_t size), (p, count, size))             \
  X(int, execl, (const char *path, const char *first, ...), (path, first))                    \
  X(int, execle, (const char *path, const char *first, ...), (path, first))                   \
  X(int, execlp, (const char *file, const char *first, ...), (file, first))                   \
  X(void, _Exit, (int status), (status))

// operator new and new[]; the same with nothrow.
#define SILT_NAMES_NEW(X)                                                     \
  X(void *, _Znwm, (size_t size), (size))                                     \
  X(void *, _Znam, (size_t size), (size))                                     \
  X(void *, _ZnwmRKSt9nothrow_t, (size_t size, const void *tag), (size, tag)) \
  X(void *, _ZnamRKSt9nothrow_t, (size_t size, const void *tag), (size, tag))

// With alignment; the same with nothrow.
#define SILT_NAMES_NEW_ALIGNED(X)                                                                 \
  X(void *, _ZnwmSt11align_val_t, (size_t size, size_t alignment), (size, alignment))             \
  X(void *, _ZnamSt11align_val_t, (size_t size, size_t alignment), (size, alignment))             \
  X(void *, _ZnwmSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag), \
    (size, alignment, tag))                                                                       \
  X(void *, _ZnamSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag), \
    (size, alignment, tag))

// operator delete and delete[]: plain, with size, alignment, both, nothrow, alignment and nothrow.
#define SILT_NAMES_DELETE(X)                                                                      \
  X(void, _ZdlPv, (void *p), (p))                                                                 \
  X(void, _ZdaPv, (void *p), (p))                                                                 \
  X(void, _ZdlPvm, (void *p, size_t size), (p, size))                                             \
  X(void, _ZdaPvm, (void *p, size_t size), (p, size))                                             \
  X(void, _ZdlPvSt11align_val_t, (void *p, size_t alignment), (p, alignment))                     \
  X(void, _ZdaPvSt11align_val_t, (void *p, size_t alignment), (p, alignment))                     \
  X(void, _ZdlPvmSt11align_val_t, (void *p, size_t size, size_t alignment), (p, size, alignment)) \
  X(void, _ZdaPvmSt11align_val_t, (void *p, size_t size, size_t alignment), (p, size, alignment)) \
  X(void, _ZdlPvRKSt9nothrow_t, (void *p, const void *tag), (p, tag))                             \
  X(void, _ZdaPvRKSt9nothrow_t, (void *p, const void *tag), (p, tag))                             \
  X(void, _ZdlPvSt11align_val_tRKSt9nothrow_t, (void *p, size_t alignment, const void *tag),      \
    (p, alignment, tag))                                                                          \
  X(void, _ZdaPvSt11align_val_tRKSt9nothrow_t, (void *p, size_t alignment, const void *tag),      \
    (p, alignment, tag))

#define SILT_NAMES(X)       \
  SILT_NAMES_C(X)           \
  SILT_NAMES_JEMALLOC(X)    \
  SILT_NAMES_LIFE(X)        \
  SILT_NAMES_UNLOAD(X)      \
  SILT_NAMES_EXEC(X)        \
  SILT_NAMES_ANSWERED(X)    \
  SILT_NAMES_NEW(X)         \
  SILT_NAMES_NEW_ALIGNED(X) \
  SILT_NAMES_DELETE(X)

// Only what is declared here is exported: a definition elsewhere needs no attribute.
#define DECLARE(result, name, parameters, arguments) SILT_EXPORT result name parameters;
SILT_NAMES(DECLARE)
#undef DECLARE

#endif
