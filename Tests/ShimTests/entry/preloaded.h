// SPDX-License-Identifier: Apache-2.0
//
// A test runs itself again with the shim preloaded, and reads the session files that are left. Each
// run has a folder of its own, on tmpfs, and records every allocation. Its children have no shim.
#ifndef PRELOADED_H
#define PRELOADED_H

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "include/silt_format.h"
#include "suite/require.h"

static char preloaded_folder[64];

static inline void preloaded_begin(void) {
  strcpy(preloaded_folder, "/dev/shm/silt-preloaded-XXXXXX");
  REQUIRE(mkdtemp(preloaded_folder));
}

static inline void preloaded_end(void) {
  DIR *folder = opendir(preloaded_folder);
  for (struct dirent *entry; (entry = readdir(folder));)
    if (entry->d_name[0] != '.') unlinkat(dirfd(folder), entry->d_name, 0);
  closedir(folder);
  rmdir(preloaded_folder);
}

// Runs this program as `program NAME ARGUMENT`; returns its status.
static inline int preloaded_run(const char *shim, const char *name, const char *argument) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    setenv("LD_PRELOAD", shim, 1);
    setenv("SILT_DIR", preloaded_folder, 1);
    setenv("SILT_INTERVAL", "1", 1);
    setenv("SILT_CAPACITY", "4M", 1);
    setenv("SILT_CHILDREN", "0", 1);
    alarm(120);
    execl("/proc/self/exe", name, argument, (char *)NULL);
    _exit(127);
  }
  REQUIRE(waitpid(child, &status, 0) == child);
  return status;
}

// Calls `look` with each session file in the folder whose name ends so. Returns how many there are.
static inline int preloaded_each(const char *folder, const char *ending,
                                 void (*look)(const struct silt_header *)) {
  int count = 0;
  DIR *entries = opendir(folder);
  REQUIRE(entries);
  for (struct dirent *entry; (entry = readdir(entries));) {
    size_t length = strlen(entry->d_name), end = strlen(ending);
    struct stat status;
    if (length < end || strcmp(entry->d_name + length - end, ending) != 0) continue;
    int fd = openat(dirfd(entries), entry->d_name, O_RDONLY);
    REQUIRE(fd >= 0 && fstat(fd, &status) == 0);
    void *file = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    REQUIRE(file != MAP_FAILED);
    look(file);
    munmap(file, (size_t)status.st_size);
    close(fd);
    count++;
  }
  closedir(entries);
  return count;
}

static inline const void *preloaded_element(const struct silt_header *file,
                                            enum silt_region_kind kind, uint64_t index) {
  const struct silt_region *region = &file->regions[kind];
  REQUIRE(index < region->used);
  return (const char *)file + region->offset + index * region->element_size;
}

#endif
