// SPDX-License-Identifier: Apache-2.0
//
// A first pass counts names; files are looked at only where there may be too many. A second one
// remembers the oldest files that may go. After a dump not even names are counted each time: where
// processes come and go fast, reading the folder would be most of what they do in here.
#define _GNU_SOURCE
#include "session/prune.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/os.h"
#include "base/text.h"
#include "session/process.h"

struct prune_entry {  // struct linux_dirent64
  uint64_t inode;
  int64_t offset;
  uint16_t size;
  uint8_t type;
  char name[];
};

// The most that one pass removes: nobody should wait while thousands of files are removed.
#define PRUNE_AT_ONCE 32u
// So many files, beyond what is kept of one program, are looked at: nobody should wait for more. A
// folder that has more gets smaller, whatever it may keep.
#define PRUNE_LOOK 2000u
// The sizes of all files are asked for at the start of a session. After a dump chance decides: for
// each so many times that this part of what may stay has been written, and one dump in so many.
#define PRUNE_LARGE_PART 64u
#define PRUNE_WEIGH 32u
// Of what is kept of a program, this part more may lie there: so a process in seven, not each, has
// files to look at and to remove. It is that part on average after a dump, where chance decides
// which processes look at all, one in eight at least.
#define PRUNE_SPARE_PART 16u
#define PRUNE_CHANCE 8u
// Of files that are not the shim's, so many are passed over.
#define PRUNE_PASS 100000u
// A dump that is still unfinished after this time never will be, whosever it is.
#define PRUNE_UNFINISHED (UINT64_C(3600) * 1000000000u)

enum prune_kind { PRUNE_OTHERS, PRUNE_DUMP, PRUNE_UNFINISHED_DUMP, PRUNE_LIVE };

struct prune_file {
  uint64_t modified, bytes, inode;
  char name[96];
};

static struct prune_pass {
  int folder;
  const struct silt_header *self;
  const char *program;  // only its files; NULL: those of all programs
  const char *spared;
  uint32_t uid;
  uint32_t count;  // of what is finished, the spared file included
  uint64_t bytes;
  uint64_t everything;  // bytes of all files of the shim, of whatever program, finished or not
  uint32_t looked;      // files of the shim
  uint32_t own;         // of these, those of the program, finished or not
  bool cut;             // there are more than are looked at
  uint32_t found;       // the oldest, oldest first
  struct prune_file oldest[PRUNE_AT_ONCE];
} prune_pass;

static bool prune_skip_number(const char **at) {
  const char *start = *at;
  silt_text_parse(at);
  return *at > start;
}

// What follows the program's name: ".<pid>[-<k>].<n>.silt", the same with ".tmp" at its end, or
// ".<pid>[-<k>].live.silt".
static enum prune_kind prune_kind_behind(const char *at) {
  if (*at++ != '.' || !prune_skip_number(&at)) return PRUNE_OTHERS;
  if (*at == '-' && (at++, !prune_skip_number(&at))) return PRUNE_OTHERS;
  if (*at++ != '.') return PRUNE_OTHERS;
  bool live = silt_text_starts(at, "live");
  if (live)
    at += sizeof "live" - 1;
  else if (!prune_skip_number(&at))
    return PRUNE_OTHERS;
  if (!silt_text_starts(at, ".silt")) return PRUNE_OTHERS;
  at += sizeof ".silt" - 1;
  if (!*at) return live ? PRUNE_LIVE : PRUNE_DUMP;
  return !live && silt_text_starts(at, ".tmp") && !at[sizeof ".tmp" - 1] ? PRUNE_UNFINISHED_DUMP
                                                                         : PRUNE_OTHERS;
}

// A program's name may itself contain dots and numbers.
static enum prune_kind prune_kind_of(const char *name, const char *program) {
  if (program) {
    while (*program && *name == *program) name++, program++;
    return *program ? PRUNE_OTHERS : prune_kind_behind(name);
  }
  enum prune_kind kind = PRUNE_OTHERS;
  for (; *name && kind == PRUNE_OTHERS; name++)
    if (*name == '.') kind = prune_kind_behind(name);
  return kind;
}

// Whether the process of a session can be asked for by its number from here, and is gone.
static bool prune_is_gone(const struct silt_header *header, const struct silt_header *self) {
  uint64_t ticks;
  if (!silt_os_process_exists(header->pid)) return true;
  return header->pid_start_ticks && silt_os_stat_of(header->pid, 22, &ticks) == 0 &&
         ticks != header->pid_start_ticks && self->pid != header->pid;
}

// `young`: it may be between two turns of a dump, when nobody has it open.
static bool prune_is_in_use(const char *name, const struct silt_header *self, bool young) {
  static struct silt_header header;
  int fd = -1;
  size_t got = 0;
  if (silt_os_open_at(prune_pass.folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, &fd))
    return true;
  bool known = silt_os_read(fd, &header, sizeof header, &got) == 0 && got == sizeof header &&
               header.magic == SILT_MAGIC && self->pid_namespace &&
               header.pid_namespace == self->pid_namespace &&
               __builtin_memcmp(header.boot_id, self->boot_id, sizeof header.boot_id) == 0;
  bool in_use;
  if (!known || header.state == SILT_STATE_EXECED)
    // Of another pid namespace or boot, or just being made, or of a program that another one has
    // replaced: if it is in use, its process has it mapped.
    in_use = young || silt_os_is_written(fd);
  else if (header.kind == SILT_KIND_DUMP && header.pid == self->pid)
    in_use = false;  // whoever prunes is not in the middle of a dump
  else
    // Both: /proc may be another namespace's, whose processes have the same numbers.
    in_use = !prune_is_gone(&header, self) || silt_os_is_written(fd);
  silt_os_close(fd);
  return in_use;
}

static bool prune_is_finished(const char *name, enum prune_kind kind,
                              const struct silt_os_status *status) {
  if (kind == PRUNE_DUMP) return true;
  bool young =
      kind == PRUNE_UNFINISHED_DUMP && status->modified + PRUNE_UNFINISHED > silt_os_realtime();
  return !prune_is_in_use(name, prune_pass.self, young);
}

static bool prune_same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

static void prune_remember(const char *name, const struct silt_os_status *status) {
  struct prune_pass *pass = &prune_pass;
  uint32_t at = pass->found;
  if (at == PRUNE_AT_ONCE && status->modified >= pass->oldest[at - 1].modified) return;
  if (at < PRUNE_AT_ONCE)
    pass->found++;
  else
    at--;
  for (; at > 0 && pass->oldest[at - 1].modified > status->modified; at--)
    pass->oldest[at] = pass->oldest[at - 1];
  struct prune_file *file = &pass->oldest[at];
  file->modified = status->modified;
  file->bytes = status->bytes;
  file->inode = status->inode;
  struct silt_text text = silt_text_in(file->name, sizeof file->name);
  silt_text_add(&text, name);
}

// What is not this user's is not ours to count or to remove.
static bool prune_look(const char *name, struct silt_os_status *status) {
  size_t length = 0;
  while (name[length]) length++;
  // No name of ours is longer.
  return length < sizeof prune_pass.oldest[0].name &&
         silt_os_status_at(prune_pass.folder, name, status) == 0 && S_ISREG(status->mode) &&
         status->uid == prune_pass.uid;
}

static void prune_weigh(const char *name) {
  struct silt_os_status status;
  if (prune_look(name, &status)) prune_pass.everything += status.bytes;
}

static void prune_consider(const char *name) {
  struct prune_pass *pass = &prune_pass;
  struct silt_os_status status;
  enum prune_kind kind = prune_kind_of(name, pass->program);
  if (kind == PRUNE_OTHERS || !prune_look(name, &status)) return;
  bool spared = pass->spared && prune_same(name, pass->spared);
  if (!spared && !prune_is_finished(name, kind, &status)) return;
  pass->count++;
  pass->bytes += status.bytes;
  if (!spared) prune_remember(name, &status);
}

// By its name alone, another user's as well.
static void prune_count(const char *name) {
  if (prune_kind_of(name, prune_pass.program) != PRUNE_OTHERS) prune_pass.own++;
}

// Calls `each` with the names of the shim.
static void prune_walk(void (*each)(const char *name)) {
  static _Alignas(8) char entries[4096];
  int fd = -1;
  size_t got = 0;
  uint32_t passed = 0;
  prune_pass.count = prune_pass.found = prune_pass.looked = prune_pass.own = 0;
  prune_pass.bytes = prune_pass.everything = 0;
  prune_pass.cut = false;
  if (silt_os_open_at(prune_pass.folder, ".", O_RDONLY | O_DIRECTORY, 0, &fd)) return;
  while (!prune_pass.cut && passed < PRUNE_PASS &&
         silt_os_list(fd, entries, sizeof entries, &got) == 0 && got > 0) {
    for (size_t at = 0; at < got;) {
      const struct prune_entry *entry = (const struct prune_entry *)(entries + at);
      at += entry->size;
      if (prune_kind_of(entry->name, NULL) == PRUNE_OTHERS) {
        passed++;
        continue;
      }
      prune_pass.looked++;
      each(entry->name);
    }
    prune_pass.cut = prune_pass.looked > silt_config.keep + PRUNE_LOOK;
  }
  silt_os_close(fd);
}

struct prune_limit {
  uint64_t at_least;      // files that stay
  uint64_t count, bytes;  // that may stay
};

// Meanwhile another process may have removed the file, and a new session may have taken its name: a
// program that was replaced by exec has the number of the one before.
static bool prune_remove(const struct prune_file *file) {
  struct silt_os_status now;
  int error = silt_os_status_at(prune_pass.folder, file->name, &now);
  if (!error && (now.inode != file->inode || now.modified != file->modified)) return false;
  if (!error) error = silt_os_unlink_at(prune_pass.folder, file->name);
  // What another process has removed meanwhile is gone as well.
  return !error || error == ENOENT;
}

// A file that cannot be removed is passed over.
static void prune_down_to(const struct prune_limit *limit) {
  struct prune_pass *pass = &prune_pass;
  for (uint32_t i = 0; i < pass->found && pass->count > limit->at_least &&
                       (pass->count > limit->count || pass->bytes > limit->bytes);
       i++) {
    if (!prune_remove(&pass->oldest[i])) continue;
    pass->count--;
    pass->bytes -= pass->oldest[i].bytes;
  }
}

// On a tmpfs the files take memory: at most a quarter of it.
static uint64_t prune_bytes_to_keep(const struct silt_os_file_system *system) {
  uint64_t quarter = system->kind == SILT_OS_TMPFS ? system->size / 4 : 0;
  return quarter && quarter < silt_config.keep_bytes ? quarter : silt_config.keep_bytes;
}

// One in so many processes reads the folder after a dump.
static uint32_t prune_chance(void) {
  uint32_t chance = 1 + silt_config.keep / PRUNE_SPARE_PART;
  return chance < PRUNE_CHANCE ? chance : PRUNE_CHANCE;
}

static uint64_t prune_random(const struct silt_header *self) {
  return silt_mix(silt_os_monotonic() ^ (uint64_t)self->pid << 40);
}

// Whether there may be more bytes than stay, and they shall be added up.
static bool prune_shall_weigh(const struct silt_os_file_system *system, uint64_t bytes) {
  struct silt_os_status status;
  const struct prune_pass *pass = &prune_pass;
  if (system->used <= bytes) return false;
  if (!pass->spared) return true;
  if (silt_os_status_at(pass->folder, pass->spared, &status)) return false;
  uint64_t random = prune_random(pass->self);
  return random % PRUNE_WEIGH == 0 ||
         (random >> 32) % (bytes / PRUNE_LARGE_PART + 1) < status.bytes;
}

// By number for one program.
static void prune_by_count(uint32_t keep, uint32_t spare) {
  prune_walk(prune_count);
  if (prune_pass.own <= keep + spare) return;
  prune_walk(prune_consider);
  prune_down_to(&(struct prune_limit){.count = keep, .bytes = UINT64_MAX});
}

// By bytes for all programs, and where there are too many files to look at.
static void prune_by_bytes(uint64_t bytes) {
  prune_walk(prune_weigh);
  if (prune_pass.everything <= bytes && !prune_pass.cut) return;
  prune_pass.program = NULL;
  prune_walk(prune_consider);
  uint64_t count = prune_pass.cut ? 0 : UINT64_MAX;
  prune_down_to(&(struct prune_limit){.at_least = 1, .count = count, .bytes = bytes});
}

void silt_prune(int folder, const struct silt_header *self, enum silt_prune_room room,
                const char *spared) {
  char program[sizeof self->comm + 1];
  uint32_t keep = silt_config.keep, spare = spared ? 0 : keep / PRUNE_SPARE_PART;
  if (folder < 0) return;
  struct silt_text text = silt_text_in(program, sizeof program);
  silt_process_add_program(&text, self);
  prune_pass.folder = folder;
  prune_pass.uid = silt_os_uid();
  prune_pass.self = self;
  prune_pass.spared = spared;
  prune_pass.program = program;
  prune_pass.cut = false;
  if (room == SILT_PRUNE_FOR_ONE_MORE && keep > 0) keep--;
  struct silt_os_file_system system = silt_os_file_system(folder);
  uint64_t bytes = prune_bytes_to_keep(&system);
  bool weigh = prune_shall_weigh(&system, bytes);
  if (!spared || prune_random(self) % prune_chance() == 0) prune_by_count(keep, spare);
  if (weigh || prune_pass.cut) prune_by_bytes(bytes);
}
