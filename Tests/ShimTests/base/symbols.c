// SPDX-License-Identifier: Apache-2.0
//
// Our own search for functions, asked beside dlsym.
#define _GNU_SOURCE
#include "base/symbols.h"

#include <dlfcn.h>
#include <string.h>

#include "suite/suite.h"

// Not those that the sanitizers interpose: the program itself has them, and comes first.
static const char *const names[] = {
    "getppid",
    "dlclose",
    "_exit",
    "qsort_r",
    "clock_gettime",
    "sin",
    "open_wmemstream",
    "_Znwm",
    "mallocx",
    "no_such_function",
    "",
    // These have an old version, which is hidden, beside the new one.
    "pthread_create",
    "posix_spawn",
    "pthread_cond_signal",
    "fmemopen",
    "memcpy",
};

static void each_name_is_found_where_dlsym_finds_it(void) {
  void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
  REQUIRE(libc);
  int found = 0;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    void *theirs = dlsym(libc, names[i]);
    Dl_info where;
    // dlsym also looks into what libc needs.
    if (theirs && dladdr(theirs, &where) && !strstr(where.dli_fname, "libc.so")) continue;
    void *ours = silt_symbols_in("libc.so.6", names[i]);
    if (ours != theirs) fprintf(stderr, "%s: %p, not %p\n", names[i], ours, theirs);
    REQUIRE(ours == theirs);
    found += ours != NULL;
  }
  REQUIRE(found >= 8);
}

static void next_is_what_dlsym_says(void) {
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    void *theirs = dlsym(RTLD_NEXT, names[i]), *ours = silt_symbols_next(names[i]);
    if (ours != theirs) fprintf(stderr, "%s: %p, not %p\n", names[i], ours, theirs);
    REQUIRE(ours == theirs);
  }
}

static void unknown_object_has_nothing(void) {
  REQUIRE(!silt_symbols_in("libc.so", "malloc"));
  REQUIRE(!silt_symbols_in("", "malloc"));
}

static void what_is_loaded_later_is_searched_too(void) {
  REQUIRE(!silt_symbols_in("libresolv.so.2", "__b64_ntop"));
  REQUIRE(!silt_symbols_next("__b64_ntop"));
  void *plugin = dlopen("libresolv.so.2", RTLD_NOW);  // local: dlsym(RTLD_NEXT) would not find it
  REQUIRE(plugin);
  REQUIRE(silt_symbols_in("libresolv.so.2", "__b64_ntop") == dlsym(plugin, "__b64_ntop"));
  REQUIRE(silt_symbols_next("__b64_ntop") == dlsym(plugin, "__b64_ntop"));
}

SUITE({"each_name_is_found_where_dlsym_finds_it", each_name_is_found_where_dlsym_finds_it},
      {"next_is_what_dlsym_says", next_is_what_dlsym_says},
      {"unknown_object_has_nothing", unknown_object_has_nothing},
      {"what_is_loaded_later_is_searched_too", what_is_loaded_later_is_searched_too})
