// SPDX-License-Identifier: Apache-2.0
//
// A statically linked program: no shim can be preloaded into it, and Silt must say so before it
// starts.
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  char *text = malloc(1000);
  if (!text) return 1;
  snprintf(text, 1000, "statically linked");
  puts(text);
  free(text);
  return 0;
}
