// SPDX-License-Identifier: Apache-2.0
//
// A list of what is allowed, not of what is forbidden: every list of forbidden file systems missed
// one.
#define _GNU_SOURCE
#include "session/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/os.h"
#include "base/text.h"

static int folder_open(const char *path, bool must_be_ours, int *fd) {
  const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW;
  struct silt_os_status status;
  int error = silt_os_open(path, flags, 0, fd);
  // Only if it is missing: on a frozen disk even a mkdir of what is there waits.
  bool made = false;
  if (error == ENOENT) {
    error = silt_os_mkdir(path, 0700);
    made = !error;
    if (!error || error == EEXIST) error = silt_os_open(path, flags, 0, fd);
  }
  if (error) return error;
  error = silt_os_status(*fd, &status);
  if (!error && must_be_ours && (status.uid != silt_os_uid() || status.mode & 077)) error = EPERM;
  if (error) silt_os_close(*fd);
  // It would be another user's for good, as by setfsuid.
  if (error && made) silt_os_rmdir(path);
  return error;
}

int silt_folder_open_given(int *fd) {
  return silt_config.directory ? folder_open(silt_config.directory, false, fd) : ENOENT;
}

void silt_folder_add_own(struct silt_text *text, const char *root) {
  silt_text_add(text, root);
  silt_text_add(text, "/silt-");
  silt_text_number(text, silt_os_uid());
}

int silt_folder_open_own(const char *root, int *fd) {
  char path[64];
  struct silt_text text = silt_text_in(path, sizeof path);
  silt_folder_add_own(&text, root);
  return text.cut ? ENAMETOOLONG : folder_open(path, true, fd);
}

int silt_folder_open_dumps(int *fd) {
  if (silt_folder_open_given(fd) == 0) {
    if (silt_os_may_write(*fd)) return 0;
    silt_os_close(*fd);
  }
  return silt_folder_open_own("/tmp", fd);
}

bool silt_folder_same(int a, int b) {
  struct silt_os_status status;
  return silt_os_status(a, &status) == 0 && silt_os_is_file(b, &status);
}

bool silt_folder_is_memory(int fd) {
  return silt_os_file_system(fd).kind == SILT_OS_TMPFS;
}

bool silt_folder_keeps_blocks(int fd) {
  uint32_t kind = silt_os_file_system(fd).kind;
  return kind == SILT_OS_TMPFS || kind == SILT_OS_EXT4;
}
