// SPDX-License-Identifier: Apache-2.0
//
// Is loaded and unloaded all the time; what it allocates stays when it is gone.
#include <stdlib.h>

void *plugin_allocate(size_t size);
void *plugin_allocate(size_t size) {
  void *p = malloc(size);
  __asm__ volatile("" : "+r"(p));
  return p;
}
