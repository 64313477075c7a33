// SPDX-License-Identifier: Apache-2.0
//
// Reads /proc by bare system calls; none of its files needs to be there.
#define _GNU_SOURCE
#include "session/process.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/auxv.h>

#include "base/os.h"
#include "base/text.h"

static uint64_t process_namespace(char *buffer, size_t size) {
  size_t got = 0;
  if (silt_os_readlink("/proc/self/ns/pid", buffer, size, &got)) return 0;
  const char *at = buffer;
  while (*at && *at != '[') at++;
  return *at ? (at++, silt_text_parse(&at)) : 0;
}

static void process_boot_id(uint8_t id[16], char *buffer, size_t size) {
  size_t got = 0, nibbles = 0;
  if (silt_os_slurp("/proc/sys/kernel/random/boot_id", buffer, size, &got)) return;
  for (const char *at = buffer; *at && nibbles < 32; at++) {
    int digit = *at >= '0' && *at <= '9'   ? *at - '0'
                : *at >= 'a' && *at <= 'f' ? *at - 'a' + 10
                                           : -1;
    if (digit < 0) continue;
    id[nibbles / 2] = (uint8_t)(id[nibbles / 2] << 4 | digit);
    nibbles++;
  }
}

static const char *process_last_part(const char *path) {
  const char *name = path;
  for (; *path; path++)
    if (*path == '/' && path[1]) name = path + 1;
  return name;
}

// The name where there is no /proc, as in a bare chroot.
static const char *process_name_as_started(void) {
  const char *path = (const char *)getauxval(AT_EXECFN);
  return path ? process_last_part(path) : "unknown";
}

// The name of its first thread, as the kernel shows it.
static const char *process_name(uint32_t pid, char *buffer, size_t size) {
  size_t got = 0;
  buffer[0] = '\0';
  // Without a file, if that is this one.
  if (silt_os_thread() == pid)
    silt_os_thread_name(buffer);
  else if (silt_os_slurp("/proc/self/comm", buffer, size, &got))
    buffer[0] = '\0';
  return buffer[0] ? buffer : process_name_as_started();
}

static bool process_status(const char *path, struct silt_os_status *status) {
  int fd;
  if (silt_os_open(path, O_PATH | O_CLOEXEC, 0, &fd)) return false;
  bool known = silt_os_status(fd, status) == 0;
  silt_os_close(fd);
  return known;
}

// The name of the link that it was started by. A script has been started by a name that is not the
// executable's either: so the path must lead to the executable.
static void process_started_as(struct silt_header *header) {
  const char *path = (const char *)getauxval(AT_EXECFN);
  const char *name = path ? process_last_part(path) : "";
  size_t size = __builtin_strlen(name);
  if (!size || size >= sizeof header->started_as || !header->exe_size) return;
  const char *file = process_last_part(header->exe);
  if (size == __builtin_strlen(file) && __builtin_memcmp(name, file, size) == 0) return;
  struct silt_os_status started, running;
  if (process_status(path, &started) && process_status("/proc/self/exe", &running) &&
      started.device == running.device && started.inode == running.inode)
    __builtin_memcpy(header->started_as, name, size);
}

void silt_process_describe(struct silt_header *header) {
  static char buffer[2048];
  size_t got = 0;
  header->machine = sizeof(void *) == 8 ?
#if defined(__x86_64__)
                                        EM_X86_64
#else
                                        EM_AARCH64
#endif
                                        : EM_NONE;
  header->page_size = (uint32_t)getauxval(AT_PAGESZ);
  header->pid = silt_os_pid();
  header->uid = silt_os_uid();
  silt_os_stat(22, &header->pid_start_ticks);
  header->pid_namespace = process_namespace(buffer, sizeof buffer);
  process_boot_id(header->boot_id, buffer, sizeof buffer);
  if (silt_os_readlink("/proc/self/exe", header->exe, SILT_EXE_MAX, &got) == 0)
    header->exe_size = (uint32_t)got;
  process_started_as(header);
  const char *name = process_name(header->pid, buffer, sizeof buffer);
  for (size_t i = 0; i < sizeof header->comm - 1 && name[i] && name[i] != '\n'; i++)
    header->comm[i] = name[i];
  header->start_monotonic = silt_os_monotonic();
  header->start_realtime = silt_os_realtime();
}

void silt_process_add_program(struct silt_text *text, const struct silt_header *header) {
  for (size_t i = 0; i < sizeof header->comm && header->comm[i]; i++) {
    char c = header->comm[i];
    silt_text_char(text, c <= ' ' || c == '/' || c == 0x7f ? '_' : c);
  }
}
