// SPDX-License-Identifier: Apache-2.0
//
// The functions behind the shim: what each interposed name would have been without us. Found once
// by dlsym(RTLD_NEXT); until then the pointers lead to functions that find it. dlsym itself may
// allocate: those calls are served from a small early arena.
//
// Callable from any thread at any time, also before constructors have run. Never takes a lock of
// its own; dlsym takes the loader's, on the first call ever.
#ifndef SILT_NEXT_H
#define SILT_NEXT_H

#include "entry/names.h"

// Operators are not among them: interpose_cxx.c finds those. NULL is what no object has.
struct silt_next {
#define MEMBER(result, name, parameters, arguments) result(*name) parameters;
  SILT_NAMES_C(MEMBER)
  SILT_NAMES_JEMALLOC(MEMBER)
  SILT_NAMES_LIFE(MEMBER)
#undef MEMBER
};

extern struct silt_next silt_next SILT_HIDDEN;

// Makes sure that silt_next holds the real functions. False while this very thread is looking for
// them.
bool silt_next_find(void);

// The next definition of a C++ operator among the objects that the program was started with; NULL
// if there is none. Takes the loader's lock.
void *silt_next_operator(const char *symbol);
// The same in a libstdc++ or libc++ that was loaded since. Takes the loader's lock, and may
// deadlock with a dlopen: only where nothing better can be done.
void *silt_next_late_operator(const char *symbol);

// Whether a function belongs to the object that the next free belongs to.
bool silt_next_is_allocators(const void *function);

// Whether the early arena holds p: then p belongs to no allocator and must not be passed on.
bool silt_next_is_early(const void *p);
// Usable bytes of an early block.
size_t silt_next_early_size(const void *p);

#endif
