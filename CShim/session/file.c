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
#include "session/regions.h"

static char file_stem[512];
static char file_live_path[544];

static int file_usable_directory(const char *path, bool must_be_ours) {
  struct silt_os_status status;
  int error = silt_os_mkdir(path, 0700);
  if (error && error != EEXIST) return error;
  error = silt_os_status(path, &status);
  if (error) return error;
  if (!S_ISDIR(status.mode)) return ENOTDIR;
  return must_be_ours && (status.uid != silt_os_uid() || (status.mode & 077)) ? EPERM : 0;
}

static int file_open_in(const char *directory, const struct silt_header *header, int *fd) {
  struct silt_text text = silt_text_in(file_stem, sizeof file_stem);
  silt_text_add(&text, directory);
  silt_text_char(&text, '/');
  for (const char *c = header->comm; *c; c++)
    silt_text_char(&text, *c <= ' ' || *c == '/' || *c == 0x7f ? '_' : *c);
  silt_text_char(&text, '.');
  silt_text_number(&text, header->pid);
  // The plain name may be taken: by this process before an exec, or by a dead process that had the
  // same number.
  size_t plain = text.length;
  for (unsigned i = 1; i < 1000; i++) {
    if (i > 1) {
      text.length = plain;
      silt_text_char(&text, '-');
      silt_text_number(&text, i);
    }
    struct silt_text live = silt_text_in(file_live_path, sizeof file_live_path);
    silt_text_add(&live, file_stem);
    silt_text_add(&live, ".1.silt");
    struct silt_os_status dump;
    if (silt_os_status(file_live_path, &dump) == 0) continue;
    live.length -= sizeof "1.silt" - 1;
    silt_text_add(&live, "live.silt");
    if (live.cut || text.cut) return ENAMETOOLONG;
    // Nobody may write to it: a file that is cut short would be a SIGBUS here.
    int error = silt_os_open(file_live_path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0400, fd);
    if (error != EEXIST) return error;
  }
  return EEXIST;
}

static int file_open(const struct silt_header *header, int *fd) {
  int error = EACCES;
  if (silt_config.directory && !(error = file_usable_directory(silt_config.directory, false)))
    error = file_open_in(silt_config.directory, header, fd);
  if (!error) return 0;
  // A worker that gave up root cannot write where its master could.
  char own[64];
  struct silt_text text = silt_text_in(own, sizeof own);
  silt_text_add(&text, "/tmp/silt-");
  silt_text_number(&text, header->uid);
  if (!(error = file_usable_directory(own, true))) error = file_open_in(own, header, fd);
  if (error) file_stem[0] = '\0';
  return error;
}

static int file_size_and_map(struct silt_header *plan, int fd, uint64_t size, void **address) {
  // A size above the limit would not only be refused: the kernel sends SIGXFSZ.
  if (size > silt_os_file_size_limit()) return EFBIG;
  int error = silt_os_truncate(fd, size);
  if (!error && !silt_os_keeps_blocks(fd)) error = EOPNOTSUPP;
  if (!error) error = silt_os_map_shared(fd, size, address);
  if (error) return error;
  silt_os_map_is_sparse(*address, size);
  error = silt_regions_begin(plan, *address);
  if (error) silt_os_unmap(*address, size);
  return error;
}

void *silt_file_map(struct silt_header *plan, uint64_t size) {
  int fd = -1;
  void *address = NULL;
  if (file_open(plan, &fd) == 0) {
    int error = file_size_and_map(plan, fd, size, &address);
    silt_os_close(fd);
    if (!error) return address;
    silt_os_unlink(file_live_path);
  }
  file_live_path[0] = '\0';
  return NULL;
}

const char *silt_file_stem(void) {
  return file_stem;
}

void silt_file_unlink(void) {
  if (file_live_path[0]) silt_os_unlink(file_live_path);
}
