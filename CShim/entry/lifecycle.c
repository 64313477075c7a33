// SPDX-License-Identifier: Apache-2.0
//
// Start and end of the shim: constructor, destructor, exits, and dlclose of other objects. Samples
// may be taken before the constructor has run: nothing on the allocation path depends on it.
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>

#include "base/config.h"
#include "base/libc.h"
#include "base/objects.h"
#include "base/os.h"
#include "base/text.h"
#include "cfi/walk.h"
#include "dump/dump.h"
#include "entry/next.h"
#include "sample/sampler.h"
#include "sample/unwind.h"
#include "session/owner.h"
#include "session/session.h"
#include "tables/filter.h"
#include "tables/modules.h"
#include "tables/threads.h"

extern char **environ;
extern void *__dso_handle SILT_HIDDEN;

// Removes libsilt.so from LD_PRELOAD, so that programs that are started from here run without it.
static void lifecycle_leave_children(void) {
  for (char **entry = environ; entry && *entry; entry++) {
    if (!silt_text_starts(*entry, "LD_PRELOAD=")) continue;
    char *from = *entry + sizeof "LD_PRELOAD=" - 1, *to = from;
    while (*from) {
      char *end = from, *name = from;
      for (; *end && *end != ':' && *end != ' '; end++)
        if (*end == '/') name = end + 1;
      bool ours = silt_text_starts(name, "libsilt.so") && name + sizeof "libsilt.so" - 1 == end;
      if (*end) end++;
      while (from < end && !ours) *to++ = *from++;
      from = end;
    }
    *to = '\0';
  }
}

// In a forked child, on the thread that forked. If that was in a signal handler on top of a
// recording, the child must not return into it with its parent's session.
static void lifecycle_forked(void) {
  silt_os_after_fork();
  silt_sampler_forked();
  silt_dump_forked();
  if (silt_thread.recording || silt_thread.taking) silt_session_current();
}

// The fork for signal handlers: it calls no handlers of pthread_atfork.
pid_t _Fork(void) {
  silt_next_find();
  pid_t child = silt_next._Fork ? silt_next._Fork() : (errno = ENOSYS, -1);
  if (child == 0) lifecycle_forked();
  return child;
}

#ifdef SILT_STATIC

static void lifecycle_quick_exit(void) {
  silt_dump_at_exit(SILT_DUMP_BY_DESTRUCTOR);
}

static void lifecycle_register(void) {
  pthread_atfork(NULL, NULL, lifecycle_forked);
  at_quick_exit(lifecycle_quick_exit);
}

#else

static void lifecycle_quick_exit(void *unused) {
  (void)unused;
  silt_dump_at_exit(SILT_DUMP_BY_DESTRUCTOR);
}

static void lifecycle_register(void) {
  if (__register_atfork) __register_atfork(NULL, NULL, lifecycle_forked, &__dso_handle);
  if (__cxa_at_quick_exit) __cxa_at_quick_exit(lifecycle_quick_exit, &__dso_handle);
}

#endif

__attribute__((constructor)) static void lifecycle_start(void) {
  silt_thread.told = 1;
  // Before anything is freed or pinned.
  if (!silt_libc_is_known()) silt_filter_map();
  silt_next_find();
  if (silt_config_is_idle()) return;
  if (!silt_config_ready()) silt_config_read();
  if (silt_config_is_idle()) return;
  if (!silt_config.children) lifecycle_leave_children();
  silt_owner_claim();
  silt_unwind_init();
  silt_threads_init();
  silt_dump_init();
  // The first to be registered is the last to run.
  lifecycle_register();
}

__attribute__((destructor)) static void lifecycle_finish(void) {
  silt_dump_at_exit(SILT_DUMP_BY_DESTRUCTOR);
}

// A program that ends by these ends normally, but runs no destructors.
__attribute__((noreturn)) void _exit(int status) {
  silt_dump_at_exit(SILT_DUMP_BY_EXIT);
  silt_next_find();
  silt_next._exit(status);
  __builtin_unreachable();
}

#ifdef SILT_STATIC
// musl's _exit calls _Exit, which comes here.
__attribute__((noreturn)) void _Exit(int status) {
  silt_dump_at_exit(SILT_DUMP_BY_EXIT);
  for (;;) silt_os_enter(SYS_exit_group, status, 0, 0, 0, 0, 0);
}
#else
__attribute__((noreturn)) void _Exit(int status) {
  _exit(status);
}
#endif

#ifndef SILT_STATIC
int dlclose(void *handle) {
  silt_next_find();
  if (SILT_UNLIKELY(!silt_next.dlclose)) silt_next_find_late();
  if (!silt_next.dlclose) return -1;
  silt_cfi_unload_begin();
  silt_objects_unload_begin();
  int result = silt_next.dlclose(handle);
  silt_objects_unload_end();
  // Before the end: from there on others believe where modules are said to lie.
  struct silt_header *header = silt_session_current();
  if (header) silt_modules_unloaded(header);
  silt_cfi_unload_end();
  return result;
}
#endif
