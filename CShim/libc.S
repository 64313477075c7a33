// SPDX-License-Identifier: Apache-2.0
//
// What libsilt.so may ask of the C library. It is linked against this in libc's place: a reference
// to a name without a version is answered by any C library that has the name, while a versioned
// one, even a weak one, makes a program fail to start where the version is missing. A reference to
// a name that is not listed here fails the build. Never loaded.

.macro FUNCTIONS names:vararg
.irp name, \names
  .globl \name
  .type \name, %function
\name:
.endr
.endm

.text
// In libc.so.6 itself since glibc 2.17, and in musl.
FUNCTIONS __errno_location, dl_iterate_phdr, getauxval, pthread_self, sigaction
FUNCTIONS memcmp, memcpy, memmove, memset, strlen
// Weak references only, each tested before its use: base/libc.h says where they are missing.
FUNCTIONS _dl_find_object, dlerror, dlopen, dlsym, __libc_dlopen_mode
FUNCTIONS __cxa_at_quick_exit, __cxa_finalize, __register_atfork
FUNCTIONS pthread_attr_destroy, pthread_attr_getguardsize, pthread_attr_getstack, pthread_attr_getstacksize
FUNCTIONS pthread_attr_init, pthread_getattr_default_np
FUNCTIONS pthread_key_create, pthread_key_delete, pthread_setspecific
  .byte 0

.macro VARIABLE name, size
  .globl \name
  .type \name, %object
  .size \name, \size
\name:
  .zero \size
.endm

.data
VARIABLE environ, 8
VARIABLE _r_debug, 40

.section .note.GNU-stack, "", %progbits
