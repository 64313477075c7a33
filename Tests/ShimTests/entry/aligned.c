// SPDX-License-Identifier: Apache-2.0
//
// aligned LIBSILT.SO: operators new with an alignment are recorded with the size that the program
// asked for, not with the one that libstdc++ rounds it up to, and each once. In C, by their mangled
// names, because the format's header is C.
#include <stdio.h>

#include "entry/preloaded.h"

enum { SIZE = 50933, ALIGNMENT = 4096, KEPT = 4, AFTER = SIZE + 1 };

void *_ZnwmSt11align_val_t(size_t size, size_t alignment);
void *_ZnamSt11align_val_t(size_t size, size_t alignment);
void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void *tag);
void *_ZnamSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void *tag);
void _ZdlPvSt11align_val_t(void *block, size_t alignment);
void _ZdaPvmSt11align_val_t(void *block, size_t size, size_t alignment);

static void *volatile block;

// valgrind says that a size that cannot be is an error.
static int run(bool refused_too) {
  for (int i = 0; i < 3; i++) {
    block = _ZnwmSt11align_val_t(SIZE, ALIGNMENT);
    _ZdlPvSt11align_val_t(block, ALIGNMENT);
    block = _ZnamSt11align_val_t(SIZE, ALIGNMENT);
    _ZdaPvmSt11align_val_t(block, SIZE, ALIGNMENT);
  }
  block = _ZnwmSt11align_val_t(SIZE, ALIGNMENT);
  block = _ZnamSt11align_val_t(SIZE, ALIGNMENT);
  block = _ZnwmSt11align_val_tRKSt9nothrow_t(SIZE, ALIGNMENT, "");
  block = _ZnamSt11align_val_tRKSt9nothrow_t(SIZE, ALIGNMENT, "");
  // One that is refused is not recorded, and what follows is.
  if (refused_too) REQUIRE(!_ZnwmSt11align_val_tRKSt9nothrow_t(SIZE_MAX / 2, ALIGNMENT, ""));
  block = malloc(AFTER);
  return 0;
}

static uint64_t count, bytes, after;

static void look(const struct silt_header *file) {
  for (uint64_t i = 0; i < file->regions[SILT_REGION_LIVE].used; i++) {
    const struct silt_live *live = preloaded_element(file, SILT_REGION_LIVE, i);
    uint64_t size = live->size48_check16 & SILT_SIZE_MASK;
    after += size == AFTER;
    // libstdc++ has a reserve for exceptions that is larger.
    if (size == AFTER || size < SIZE - ALIGNMENT || size > SIZE + ALIGNMENT) continue;
    count++;
    bytes += size;
  }
}

int main(int argc, char **argv) {
  if (strcmp(argv[0], "aligned") == 0) return run(true);
  if (strcmp(argv[argc - 1], "run") == 0) return run(false);
  REQUIRE(argc > 1);
  preloaded_begin();
  int status = preloaded_run(argv[1], "aligned", "");
  int dumps = preloaded_each(preloaded_folder, ".1.silt", look);
  preloaded_end();
  if (status || dumps != 1 || count != KEPT || bytes != KEPT * SIZE || after != 1) {
    printf("aligned: status %x, %d dumps, %lu blocks of %lu bytes, %lu after\n", status, dumps,
           count, bytes, after);
    return 1;
  }
  printf("aligned: %d blocks have the sizes that were asked for\n", KEPT);
  return 0;
}
