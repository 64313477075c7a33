// SPDX-License-Identifier: Apache-2.0
//
// A write to the mapping must never be a SIGBUS: nobody else may cut the file short, and the file
// system must keep the blocks that are reserved.
#define _GNU_SOURCE
#include "session/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/os.h"
#include "base/text.h"
#include "session/folder.h"
#include "session/process.h"
#include "session/prune.h"
#include "session/regions.h"

static char file_name[64];
static char file_live_path[600];

// A name may be taken by this process before an exec, or by a dead one that had the same number.
static bool file_name_is_free(int dumps) {
  char first[80];
  struct silt_os_status status;
  struct silt_text text = silt_text_in(first, sizeof first);
  silt_text_add(&text, file_name);
  silt_text_add(&text, ".1.silt");
  return dumps < 0 || silt_os_status_at(dumps, first, &status) != 0;
}

static void file_set_name(const struct silt_header *plan, unsigned k) {
  struct silt_text text = silt_text_in(file_name, sizeof file_name);
  silt_process_add_program(&text, plan);
  silt_text_char(&text, '.');
  silt_text_number(&text, plan->pid);
  if (k == 1) return;
  silt_text_char(&text, '-');
  silt_text_number(&text, k);
}

#define FILE_NAMES 1000u

// Sets a name that neither a live file nor a dump has, and makes the live file. Without a folder it
// only sets the name, for the dumps. -1: no such folder.
static int file_create(const struct silt_header *plan, int folder, int dumps, int *fd) {
  int error = EEXIST;
  for (unsigned k = 1; k < FILE_NAMES && error == EEXIST; k++) {
    file_set_name(plan, k);
    if (!file_name_is_free(dumps)) continue;
    if (folder < 0) return ENOENT;
    char live[80];
    struct silt_text text = silt_text_in(live, sizeof live);
    silt_text_add(&text, file_name);
    silt_text_add(&text, ".live.silt");
    // Nobody may write to it: a file that is cut short would be a SIGBUS here. The sticky bit tells
    // those who clean up temporary files that it is in use, though its time stands still.
    error = silt_os_open_at(folder, live, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 01400, fd);
  }
  return error;
}

// Opens the folder for the live file, and writes its path.
static int file_open_folder(struct silt_text *path, int *folder) {
  if (silt_folder_open_given(folder) == 0) {
    silt_text_add(path, silt_config.directory);
    if (silt_folder_keeps_blocks(*folder) && silt_os_may_write(*folder)) return 0;
    silt_os_close(*folder);
    *path = silt_text_in(path->bytes, path->size);
  }
  silt_folder_add_own(path, "/dev/shm");
  int error = silt_folder_open_own("/dev/shm", folder);
  if (error || silt_folder_is_memory(*folder)) return error;
  silt_os_close(*folder);
  return EOPNOTSUPP;
}

static int file_size_and_map(struct silt_header *plan, int fd, uint64_t size, void **address) {
  struct silt_os_status status;
  // A size above the limit would not only be refused: the kernel sends SIGXFSZ.
  if (size > silt_os_file_size_limit()) return EFBIG;
  int error = silt_os_status(fd, &status);
  if (!error && status.uid != plan->uid) error = EPERM;  // its owner could cut it short
  if (!error) error = silt_os_truncate(fd, size);
  if (!error) error = silt_os_map_shared(fd, size, address);
  if (error) return error;
  silt_os_map_is_sparse(*address, size);
  error = silt_regions_begin(plan, *address);
  if (error) silt_os_unmap(*address, size);
  return error;
}

void silt_file_unlink(void) {
  if (file_live_path[0]) silt_os_unlink_at(SILT_OS_HERE, file_live_path);
}

static int file_make(struct silt_header *plan, uint64_t size, void **address) {
  int folder = -1, dumps = -1, fd = -1;
  struct silt_text path = silt_text_in(file_live_path, sizeof file_live_path);
  if (silt_folder_open_dumps(&dumps)) dumps = -1;
  if (file_open_folder(&path, &folder)) folder = -1;
  // That of the dumps is cleaned up after each dump.
  silt_prune(folder, plan, SILT_PRUNE_FOR_ONE_MORE, NULL);
  int error = file_create(plan, folder, dumps, &fd);
  silt_text_char(&path, '/');
  silt_text_add(&path, file_name);
  silt_text_add(&path, ".live.silt");
  if (!error) {
    error = file_size_and_map(plan, fd, size, address);
    silt_os_close(fd);
    if (error) silt_file_unlink();
  }
  silt_os_close(folder);
  silt_os_close(dumps);
  return error;
}

void *silt_file_map(struct silt_header *plan, uint64_t size) {
  void *address = NULL;
  if (file_make(plan, size, &address) == 0) return address;
  file_live_path[0] = '\0';
  return NULL;
}

const char *silt_file_name(void) {
  return file_name;
}
