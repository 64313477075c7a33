// SPDX-License-Identifier: Apache-2.0
//
// What the fully static silt is linked with besides its own code. No other build has it.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

// `silt --version` shows it: Sources/CHost/host.h.
const char silt_commit[] = SILT_COMMIT;

// Linked with --wrap=dladdr. In a static executable the C library finds no object for any address,
// and the Swift runtime, which looks for its own folder, would print a warning at each start.
int __wrap_dladdr(const void *address, Dl_info *info) {
  static char path[PATH_MAX];
  (void)address;
  if (path[0] == '\0' && readlink("/proc/self/exe", path, sizeof path - 1) < 0) {
    strcpy(path, "/usr/bin/silt");
  }
  *info = (Dl_info){.dli_fname = path, .dli_fbase = (void *)0x400000};
  return 1;
}
