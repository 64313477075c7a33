// SPDX-License-Identifier: Apache-2.0
//
// Who has made "<name>.<n>.silt.tmp" owns "<name>.<n>.silt": both are made only where nothing is.
#define _GNU_SOURCE
#include "dump/output.h"

#include <errno.h>
#include <fcntl.h>

#include "base/os.h"
#include "base/text.h"
#include "session/file.h"
#include "session/folder.h"
#include "session/prune.h"

static int output_folder, output_fd;
static struct silt_os_status output_folder_is, output_file_is;
static char output_name[96], output_temporary[96];

// What the program has closed is not ours to close again.
static void output_close(int fd, const struct silt_os_status *file) {
  if (silt_os_is_file(fd, file)) silt_os_close(fd);
}

static int output_open_folder(void) {
  int error = silt_folder_open_dumps(&output_folder);
  return error ? error : silt_os_status(output_folder, &output_folder_is);
}

// A file that is another user's, as by setfsuid, would show him this process.
static int output_check_file(void) {
  int error = silt_os_status(output_fd, &output_file_is);
  if (!error && output_file_is.uid != silt_os_uid()) error = EPERM;
  if (!error) return 0;
  silt_os_unlink_at(output_folder, output_temporary);
  silt_os_close(output_fd);
  return error;
}

static int output_create(uint32_t sequence) {
  struct silt_os_status status;
  struct silt_text name = silt_text_in(output_name, sizeof output_name);
  silt_text_add(&name, silt_file_name());
  silt_text_char(&name, '.');
  silt_text_number(&name, sequence);
  silt_text_add(&name, ".silt");
  struct silt_text temporary = silt_text_in(output_temporary, sizeof output_temporary);
  silt_text_add(&temporary, output_name);
  silt_text_add(&temporary, ".tmp");
  if (temporary.cut) return ENAMETOOLONG;
  if (silt_os_status_at(output_folder, output_name, &status) == 0) return EEXIST;
  int error = silt_os_open_at(output_folder, output_temporary,
                              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, &output_fd);
  return error ? error : output_check_file();
}

// So many numbers may be taken.
#define OUTPUT_TRIES 1000u

int silt_output_begin(struct silt_header *header, int *fd, uint32_t *sequence) {
  if (!*silt_file_name()) return ENOENT;
  if (!silt_os_is_one_user()) return EPERM;
  int error = output_open_folder();
  if (error) return error;
  error = EEXIST;
  for (unsigned i = 0; i < OUTPUT_TRIES && error == EEXIST; i++) {
    *sequence = add_relaxed(&header->dumps, 1u) + 1;
    error = output_create(*sequence);
  }
  *fd = output_fd;
  if (error) output_close(output_folder, &output_folder_is);
  return error;
}

void silt_output_pause(void) {
  output_close(output_fd, &output_file_is);
  output_close(output_folder, &output_folder_is);
}

int silt_output_go_on(int *fd) {
  int error = output_open_folder();
  if (error) return error;
  error = silt_os_open_at(output_folder, output_temporary, O_WRONLY | O_NOFOLLOW, 0, &output_fd);
  *fd = output_fd;
  // Another file of that name is not the one that was begun.
  if (!error && silt_os_is_file(output_fd, &output_file_is)) return 0;
  if (!error) silt_os_close(output_fd);
  silt_os_unlink_at(output_folder, output_temporary);
  output_close(output_folder, &output_folder_is);
  return error ? error : ESTALE;
}

int silt_output_end(struct silt_header *header, int error) {
  output_close(output_fd, &output_file_is);
  // The program has closed it: once more, for what lies in it.
  if (!silt_os_is_file(output_folder, &output_folder_is)) {
    error = EBADF;
    if (output_open_folder()) return error;
  }
  if (!error) error = silt_os_rename_at(output_folder, output_temporary, output_name);
  if (error)
    silt_os_unlink_at(output_folder, output_temporary);
  else
    silt_prune(output_folder, header, SILT_PRUNE_AS_IT_IS, output_name);
  silt_os_close(output_folder);
  return error;
}
