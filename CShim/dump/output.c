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
static char output_name[96], output_temporary[96];

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
  return silt_os_open_at(output_folder, output_temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
                         0600, &output_fd);
}

// So many numbers may be taken.
#define OUTPUT_TRIES 1000u

int silt_output_begin(struct silt_header *header, int *fd, uint32_t *sequence) {
  if (!*silt_file_name()) return ENOENT;
  if (!silt_os_is_one_user()) return EPERM;
  int error = silt_folder_open_dumps(&output_folder);
  if (error) return error;
  error = EEXIST;
  for (unsigned i = 0; i < OUTPUT_TRIES && error == EEXIST; i++) {
    *sequence = add_relaxed(&header->dumps, 1u) + 1;
    error = output_create(*sequence);
  }
  *fd = output_fd;
  if (error) silt_os_close(output_folder);
  return error;
}

void silt_output_pause(void) {
  silt_os_close(output_fd);
  silt_os_close(output_folder);
}

int silt_output_go_on(int *fd) {
  int error = silt_folder_open_dumps(&output_folder);
  if (error) return error;
  error = silt_os_open_at(output_folder, output_temporary, O_WRONLY | O_NOFOLLOW, 0, &output_fd);
  *fd = output_fd;
  if (!error) return 0;
  silt_os_unlink_at(output_folder, output_temporary);
  silt_os_close(output_folder);
  return error;
}

int silt_output_end(struct silt_header *header, int error) {
  silt_os_close(output_fd);
  if (!error) error = silt_os_rename_at(output_folder, output_temporary, output_name);
  if (error)
    silt_os_unlink_at(output_folder, output_temporary);
  else
    silt_prune(output_folder, header, SILT_PRUNE_AS_IT_IS, output_name);
  silt_os_close(output_folder);
  return error;
}
