// SPDX-License-Identifier: Apache-2.0
//
// The version as an ELF note (owner "Silt", type 1; in libsilt.a, type 2), so that `silt` can read
// it without loading the library. Nothing here is code.

#include <stdint.h>

#include "include/silt_release.h"

static const struct {
  uint32_t name_size, description_size, type;
  char name[8];
  char description[(sizeof SILT_RELEASE + 3) / 4 * 4];
} release_note __attribute__((section(".note.silt"), aligned(4), used)) = {
    .name_size = sizeof "Silt",
    .description_size = sizeof SILT_RELEASE,
#ifdef SILT_STATIC
    .type = 2,
#else
    .type = 1,
#endif
    .name = "Silt",
    .description = SILT_RELEASE,
};
