// SPDX-License-Identifier: Apache-2.0
//
// A library comes, allocates and goes; some come with a libc of their own, whose blocks neither
// shim nor model sees.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#include "acts.h"
#include "blocks.h"

const char *libraries_plugin;

// glibc has 16 namespaces, and does not get all of one back.
static unsigned libraries_namespaces = 6;

bool acts_library(struct chance *c) {
  static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
  bool apart = false;
  pthread_mutex_lock(&one_at_a_time);
  if (libraries_namespaces && chance_below(c, 20) == 0) {
    libraries_namespaces--;
    apart = true;
  }
  void *library = apart ? dlmopen(LM_ID_NEWLM, libraries_plugin, RTLD_NOW)
                        : dlopen(libraries_plugin, RTLD_NOW | RTLD_LOCAL);
  pthread_mutex_unlock(&one_at_a_time);
  void *(*allocate)(size_t) = NULL;
  if (library) *(void **)&allocate = dlsym(library, "plugin_allocate");
  for (unsigned i = 0; allocate && i < 5; i++) {
    void *p = allocate(chance_size(c));
    if (!apart) blocks_keep(c, p);
  }
  if (library) dlclose(library);
  return true;
}
