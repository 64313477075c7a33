// SPDX-License-Identifier: Apache-2.0
//
// The next functions: what each interposed name would have meant without the shim. They are found
// once, by dlsym(RTLD_NEXT); until then the pointers lead to functions that find them. dlsym itself
// may allocate: it is then served from a small arena, the early arena.
//
// Callable from any thread at any time, also before constructors have run. Never takes a lock of
// its own; dlsym takes the loader's, on the first call ever.
#ifndef SILT_NEXT_H
#define SILT_NEXT_H

#include "entry/names.h"

// NULL where no object has the function. Operators are not here: interpose_cxx.c finds those.
struct silt_next {
#define MEMBER(result, name, parameters, arguments) result(*name) parameters;
  SILT_NAMES_C(MEMBER)
  SILT_NAMES_JEMALLOC(MEMBER)
  SILT_NAMES_LIFE(MEMBER)
  SILT_NAMES_UNLOAD(MEMBER)
  SILT_NAMES_MAPS(MEMBER)
  SILT_NAMES_EXEC(MEMBER)
#undef MEMBER
};

extern struct silt_next silt_next SILT_HIDDEN;

// Makes sure that silt_next has the real functions. False if this thread is inside the search for
// them.
bool silt_next_find(void);

// The kernel asked directly, with libc's result and errno: while the next function is not found, as
// in a call that the search itself leads to.
long silt_next_bare(long number, long a, long b, long c, long d, long e, long f);

// Until glibc 2.33: finds those of SILT_NAMES_LIFE whose library was not loaded when the search was
// made, and dlclose. Loads libpthread if it is not there: code that tests `if (pthread_create)` has
// found ours. Takes the loader's lock: only in pthread_create, thrd_create and dlclose, and only
// for a function that is missing.
void silt_next_find_late(void);

// The next definition of a C++ operator in the objects that the program was started with; NULL if
// there is none. Takes the loader's lock.
void *silt_next_operator(const char *symbol);
// The same in a libstdc++ or libc++ that has been loaded since. Takes the loader's lock, so it may
// deadlock with a dlopen: only as the last resort.
void *silt_next_late_operator(const char *symbol);

// Whether a function is in the same object as the next free.
bool silt_next_is_allocators(const void *function);

// Whether an operator new returns what the C allocation functions of the shim give it: it is
// libstdc++'s or libc++'s, and the program has no such functions of its own.
bool silt_next_passes_blocks_on(const void *function);

// Whether p is in the early arena. Such a block must never be passed to an allocator.
bool silt_next_is_early(const void *p);
// The size of a block in the early arena.
size_t silt_next_early_size(const void *p);

#endif
