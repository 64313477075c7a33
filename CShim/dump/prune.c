// SPDX-License-Identifier: Apache-2.0
//
// One pass over the directory counts the files and finds the oldest. Usually one is too many, so
// one pass removes it and a second one ends.
#define _GNU_SOURCE
#include "dump/prune.h"

#include <fcntl.h>

#include "base/os.h"
#include "base/text.h"

struct directory_entry {  // struct linux_dirent64
  uint64_t inode;
  int64_t offset;
  uint16_t size;
  uint8_t type;
  char name[];
};

struct pass {
  uint32_t count;
  uint64_t oldest;
  char path[512];
};

static bool prune_skip_number(const char **at) {
  const char *start = *at;
  silt_text_parse(at);
  return *at > start;
}

// True for "<program>.<pid>[-<k>].<n>.silt", also with ".tmp" at its end (a dump that was never
// finished), and for "<program>.<pid>[-<k>].live.silt". *live tells the last one from the others.
static bool prune_is_ours(const char *name, const char *program, size_t program_size, bool *live) {
  for (size_t i = 0; i < program_size; i++)
    if (name[i] != program[i]) return false;
  const char *at = name + program_size;
  if (*at++ != '.' || !prune_skip_number(&at)) return false;
  if (*at == '-' && (at++, !prune_skip_number(&at))) return false;
  if (*at++ != '.') return false;
  *live = silt_text_starts(at, "live");
  if (*live)
    at += sizeof "live" - 1;
  else if (!prune_skip_number(&at))
    return false;
  if (!silt_text_starts(at, ".silt")) return false;
  at += sizeof ".silt" - 1;
  return !*at || (!*live && silt_text_starts(at, ".tmp") && !at[sizeof ".tmp" - 1]);
}

// True only if the process would be visible from here if it were alive: the same pid namespace and
// the same boot. A file of another boot may be one of another machine that shares the directory.
static bool prune_is_abandoned(const char *path, const struct silt_header *self) {
  int fd = -1;
  size_t got = 0;
  static struct silt_header header;
  if (silt_os_open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, &fd)) return false;
  int error = silt_os_read(fd, &header, sizeof header, &got);
  silt_os_close(fd);
  return !error && got == sizeof header && header.magic == SILT_MAGIC && self->pid_namespace &&
         header.pid_namespace == self->pid_namespace &&
         __builtin_memcmp(header.boot_id, self->boot_id, sizeof header.boot_id) == 0 &&
         !silt_os_process_exists(header.pid);
}

static void prune_consider(struct pass *pass, const char *directory, size_t directory_size,
                           const char *name, bool live, const struct silt_header *self) {
  char path[512];
  struct silt_os_status status;
  struct silt_text text = silt_text_in(path, sizeof path);
  for (size_t i = 0; i < directory_size; i++) silt_text_char(&text, directory[i]);
  silt_text_add(&text, name);
  if (text.cut || silt_os_status(path, &status) || (live && !prune_is_abandoned(path, self)))
    return;
  pass->count++;
  if (status.modified > pass->oldest) return;
  pass->oldest = status.modified;
  __builtin_memcpy(pass->path, path, sizeof path);
}

static void prune_scan(struct pass *pass, const char *directory, size_t directory_size,
                       const char *program, size_t program_size, const struct silt_header *self) {
  static char folder[512];
  static _Alignas(8) char entries[4096];
  int fd = -1;
  size_t got = 0;
  struct silt_text text = silt_text_in(folder, sizeof folder);
  for (size_t i = 0; i < directory_size; i++) silt_text_char(&text, directory[i]);
  pass->count = 0;
  pass->oldest = UINT64_MAX;
  if (text.cut || silt_os_open(folder, O_RDONLY | O_DIRECTORY, 0, &fd)) return;
  while (silt_os_list(fd, entries, sizeof entries, &got) == 0 && got > 0) {
    for (size_t at = 0; at < got;) {
      const struct directory_entry *entry = (const struct directory_entry *)(entries + at);
      bool live;
      if (prune_is_ours(entry->name, program, program_size, &live))
        prune_consider(pass, directory, directory_size, entry->name, live, self);
      at += entry->size;
    }
  }
  silt_os_close(fd);
}

void silt_prune(const char *stem, const struct silt_header *self, uint32_t keep) {
  static struct pass pass;
  size_t slash = 0, end = 0;
  for (size_t i = 0; stem[i]; i++) {
    if (stem[i] == '/') slash = i + 1;
    if (stem[i] == '.') end = i;
  }
  if (end <= slash) return;
  // At most this many: a dump must not take the time to remove thousands of files.
  for (int removed = 0; removed < 8; removed++) {
    prune_scan(&pass, stem, slash, stem + slash, end - slash, self);
    if (pass.count <= keep || silt_os_unlink(pass.path)) return;
  }
}
