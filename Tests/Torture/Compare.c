// SPDX-License-Identifier: Apache-2.0
//
// Compare MODEL SESSION: of a process that was killed. Status 0 if they agree but for calls in
// flight.
#define _GNU_SOURCE
#include "compare.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

static void *map(const char *path, size_t *size) {
  struct stat status;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status)) return NULL;
  *size = (size_t)status.st_size;
  void *bytes = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  return bytes == MAP_FAILED ? NULL : bytes;
}

int main(int count, char **words) {
  size_t model_size = 0, size = 0;
  struct model *of = count == 3 ? map(words[1], &model_size) : NULL;
  const void *session = of ? map(words[2], &size) : NULL;
  struct compare result = {.in_flight = 4};
  if (!session || model_size != sizeof *of) return 2;
  if (compare(&result, of, session, size)) {
    printf("%lu blocks, %lu bytes, %lu in flight\n", result.live, result.live_bytes,
           result.missing);
    return 0;
  }
  printf("%s: %#lx, expected %lu, found %lu\n", result.why, result.which, result.expected,
         result.found);
  return 1;
}
