// SPDX-License-Identifier: Apache-2.0
//
// Looks functions up in the symbol tables of the loaded objects. For what dlsym cannot be asked:
// where there is no dlsym, and for objects that are no part of the global scope.
//
// Takes the loader's lock (dl_iterate_phdr), as dlsym does: never call this from a sample. Never
// allocates. Finds the version of a name that dlsym would: any but a hidden one.
#ifndef SILT_SYMBOLS_H
#define SILT_SYMBOLS_H

#include "base/base.h"

// In the objects behind libsilt.so, in the order in which they were loaded. For those that the
// program was started with that is the order of dlsym(RTLD_NEXT). NULL if there is none.
void *silt_symbols_next(const char *name);

// Whether there is anything to search: a program may have a dl_iterate_phdr of its own, which shows
// nothing.
bool silt_symbols_work(void);

// In the loaded object of this soname, such as "libc.so.6". NULL if there is none.
void *silt_symbols_in(const char *soname, const char *name);

#endif
