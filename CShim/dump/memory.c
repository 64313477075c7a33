// SPDX-License-Identifier: Apache-2.0
//
// Reads /proc and /sys by bare system calls. The buffer is static: there is one dump at a time.
#include "dump/memory.h"

#include "base/os.h"
#include "base/text.h"

// Version 1 writes "no limit" as a number of pages near 2^63.
#define NO_LIMIT (UINT64_C(1) << 62)

// The first line of statm: size, resident and shared, in pages.
static void memory_resident(struct silt_header *header) {
  char line[128];
  size_t got = 0;
  if (silt_os_slurp("/proc/self/statm", line, sizeof line, &got)) return;
  const char *at = line;
  silt_text_parse(&at);
  if (*at == ' ') at++;
  header->rss = silt_text_parse(&at) * header->page_size;
  if (*at == ' ') at++;
  header->rss_shared = silt_text_parse(&at) * header->page_size;
}

static uint64_t memory_number(const char *root, const char *group, size_t group_size,
                              const char *file) {
  char path[512], text[32];
  size_t got = 0;
  struct silt_text name = silt_text_in(path, sizeof path);
  silt_text_add(&name, root);
  for (size_t i = 0; i < group_size; i++) silt_text_char(&name, group[i]);
  silt_text_add(&name, file);
  if (name.cut || silt_os_slurp(path, text, sizeof text, &got)) return 0;
  const char *at = text;
  uint64_t number = silt_text_parse(&at);  // "max" gives 0
  return number < NO_LIMIT ? number : 0;
}

static uint64_t memory_room(uint64_t limit, uint64_t current) {
  return limit > current ? limit - current : 0;
}

// The limit with the least room among the group and all groups above it: the kernel kills at that
// one. In a container the path may be one of the host, which does not exist here: then only the
// root of what is mounted counts.
static void memory_group(struct silt_header *header, const char *root, const char *group,
                         size_t size, const char *limit_file, const char *current_file) {
  for (;;) {
    uint64_t limit = memory_number(root, group, size, limit_file);
    uint64_t current = limit ? memory_number(root, group, size, current_file) : 0;
    if (limit &&
        (!header->memory_limit ||
         memory_room(limit, current) < memory_room(header->memory_limit, header->memory_current))) {
      header->memory_limit = limit;
      header->memory_current = current;
    }
    if (size == 0) return;
    do size--;
    while (size > 0 && group[size] != '/');
  }
}

static bool memory_is_listed(const char *controllers, const char *end) {
  for (const char *at = controllers; at < end; at++)
    if ((at == controllers || at[-1] == ',') && silt_text_starts(at, "memory") &&
        (at[6] == ',' || at[6] == ':'))
      return true;
  return false;
}

// Of a process that ends so soon, nobody asks what limit it had; and its group takes as long to
// read as all else together.
#define MEMORY_SHORT_LIFE UINT64_C(1000000000)

static bool memory_is_short_lived(const struct silt_header *header) {
  return header->reason == SILT_REASON_EXIT &&
         header->dump_monotonic - header->start_monotonic < MEMORY_SHORT_LIFE;
}

void silt_memory_measure(struct silt_header *header) {
  memory_resident(header);
  header->threads = silt_os_threads();
  if (memory_is_short_lived(header)) return;
  static char groups[2048];  // too large for a signal's small stack
  size_t got = 0;
  if (silt_os_slurp("/proc/self/cgroup", groups, sizeof groups, &got)) return;
  // Lines of "number:controllers:/path"; version 2 has no controllers.
  for (const char *line = groups; *line;) {
    const char *controllers = line;
    while (*controllers && *controllers != ':') controllers++;
    if (*controllers) controllers++;
    const char *path = controllers;
    while (*path && *path != ':') path++;
    const char *end = path;
    while (*end && *end != '\n') end++;
    if (*path) path++;
    size_t size = end > path ? (size_t)(end - path) : 0;
    if (controllers[0] == ':')
      memory_group(header, "/sys/fs/cgroup", path, size, "/memory.max", "/memory.current");
    else if (memory_is_listed(controllers, path))
      memory_group(header, "/sys/fs/cgroup/memory", path, size, "/memory.limit_in_bytes",
                   "/memory.usage_in_bytes");
    line = *end ? end + 1 : end;
  }
}
