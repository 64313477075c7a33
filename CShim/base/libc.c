// SPDX-License-Identifier: Apache-2.0
//
// Chooses between dlsym and our own search.
#define _GNU_SOURCE
#include "base/libc.h"

#include "base/symbols.h"

#ifdef SILT_STATIC

// A mere mention of dlsym would bring the whole loader into the program.
void *silt_libc_next(const char *name) {
  (void)name;
  return NULL;
}

void *silt_libc_load(const char *name) {
  (void)name;
  return NULL;
}

#else

// dlsym is asked only for what is there: its error would have to be cleared by dlerror, which takes
// locks of gettext. The first malloc of a program may come from inside those (bindtextdomain).
void *silt_libc_next(const char *name) {
  void *own = silt_symbols_next(name);
  if (!dlsym || (!own && silt_symbols_work())) return own;
  // Must not be a tail call: RTLD_NEXT is relative to the object that dlsym would return to.
  void *volatile function = dlsym(RTLD_NEXT, name);
  return function;
}

void *silt_libc_load(const char *name) {
  return dlopen ? dlopen(name, RTLD_NOW | RTLD_LOCAL) : NULL;
}

#endif
