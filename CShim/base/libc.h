// SPDX-License-Identifier: Apache-2.0
//
// The C library below us: glibc of any version since 2.17, or another one. Declares what is not in
// every one of them as a weak reference: it is NULL where it is missing, so test it before each
// use. All other names must be in libc.so.6 of every glibc and of musl: ../libc.S lists them.
//
// In any other C library than glibc the shim forwards every call and records nothing, but in
// libsilt.a (SILT_STATIC), which needs no loader: there musl will do.
#ifndef SILT_LIBC_H
#define SILT_LIBC_H

#ifndef _GNU_SOURCE
#error "needs _GNU_SOURCE"
#endif
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>

#include "base/base.h"

#define SILT_WEAK __attribute__((weak))

extern __typeof__(_dl_find_object) _dl_find_object SILT_WEAK;  // since glibc 2.35
// The loader's list of objects. A loader that has neither this nor _dl_find_object is not glibc's.
extern struct r_debug _r_debug SILT_WEAK;

// Until glibc 2.33 these are in libdl, which need not be loaded.
extern __typeof__(dlsym) dlsym SILT_WEAK;
extern __typeof__(dlopen) dlopen SILT_WEAK;
extern __typeof__(dlerror) dlerror SILT_WEAK;
// ... and these in libpthread. One that is loaded after the start does not fill them in.
extern __typeof__(pthread_attr_init) pthread_attr_init SILT_WEAK;
extern __typeof__(pthread_attr_destroy) pthread_attr_destroy SILT_WEAK;
extern __typeof__(pthread_attr_getstacksize) pthread_attr_getstacksize SILT_WEAK;
extern __typeof__(pthread_attr_getstack) pthread_attr_getstack SILT_WEAK;
extern __typeof__(pthread_getattr_default_np) pthread_getattr_default_np SILT_WEAK;
extern __typeof__(pthread_attr_getguardsize) pthread_attr_getguardsize SILT_WEAK;
extern __typeof__(pthread_key_create) pthread_key_create SILT_WEAK;
extern __typeof__(pthread_key_delete) pthread_key_delete SILT_WEAK;
extern __typeof__(pthread_setspecific) pthread_setspecific SILT_WEAK;
// libc's own dlopen, for that time. Gone since glibc 2.34.
extern void *__libc_dlopen_mode(const char *name, int mode) SILT_WEAK;

// What pthread_atfork and at_quick_exit call. Those are in no shared library, but in the static
// part of glibc, which asks for versions.
extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                             void *object) SILT_WEAK;
extern int __cxa_at_quick_exit(void (*function)(void *), void *object) SILT_WEAK;
#ifdef SILT_STATIC
// There they are asked for themselves; and musl has no other.
extern int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
extern int at_quick_exit(void (*function)(void));
#endif

static inline bool silt_libc_is_known(void) {
#ifdef SILT_STATIC
  return true;
#else
  return _dl_find_object != NULL || &_r_debug != NULL;
#endif
}

// The next definition of a function behind libsilt.so, as dlsym(RTLD_NEXT, name) has it. NULL if
// there is none; the program's dlerror then tells nothing of it. Takes the loader's lock, and may
// allocate.
void *silt_libc_next(const char *name);

// Loads a library; NULL where that fails, or cannot be. Takes the loader's lock, and may allocate.
void *silt_libc_load(const char *name);

#endif
