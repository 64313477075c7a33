// SPDX-License-Identifier: Apache-2.0
//
// Bare system calls and static buffers: looking must not change what is looked at.
#define _GNU_SOURCE
#include "session.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compare.h"

static char session_path[512];

// Whether a path's last part is "<program>.<this pid>.live.silt", perhaps with "-<k>" behind the
// number. A child that a handler's longjmp has led to may have its parent's session mapped, too.
static bool session_is_own(const char *name) {
  char number[16];
  size_t length = (size_t)snprintf(number, sizeof number, ".%d", getpid());
  const char *at = strstr(name, number);
  return at && (at[length] == '.' || at[length] == '-');
}

// Empty without the shim.
static void session_find(void) {
  static char maps[1 << 20];
  size_t got = 0;
  int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  for (ssize_t more; (more = read(fd, maps + got, sizeof maps - 1 - got)) > 0;) got += (size_t)more;
  close(fd);
  maps[got] = '\0';
  session_path[0] = '\0';
  for (char *line = maps, *end; !session_path[0] && (end = strchr(line, '\n')); line = end + 1) {
    *end = '\0';
    char *path = strchr(line, '/'), *name = strrchr(line, '/');
    if (path && strstr(name, ".live.silt") && session_is_own(name + 1))
      snprintf(session_path, sizeof session_path, "%s", path);
  }
}

static const void *session_map(const char *path, size_t *size) {
  struct stat status;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NULL;
  void *bytes = fstat(fd, &status)
                    ? MAP_FAILED
                    : mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  *size = (size_t)status.st_size;
  return bytes == MAP_FAILED ? NULL : bytes;
}

void session_begin(void) {
  size_t size = 0;
  session_find();
  const void *session = session_path[0] ? session_map(session_path, &size) : NULL;
  model_begin(session);
  if (session) munmap((void *)session, size);
}

static bool session_compare(const char *when, const char *path) {
  size_t size = 0;
  struct compare result = {0};
  const void *session = session_map(path, &size);
  if (!session) {
    dprintf(2, "torture: pid %d, %s: %s cannot be read\n", getpid(), when, path);
    return false;
  }
  bool same = compare(&result, &model, session, size);
  munmap((void *)session, size);
  if (!same)
    dprintf(2, "torture: pid %d, %s, %s: %s: %#lx, expected %lu, found %lu\n", getpid(), when, path,
            result.why, result.which, result.expected, result.found);
  else if (getenv("TORTURE_TALKS"))
    dprintf(2, "torture: pid %d, %s: %lu blocks, %lu bytes; nested %lu, missing %lu, left %lu\n",
            getpid(), when, result.live, result.live_bytes, result.nested, result.missing,
            model.maybe.count);
  return same;
}

// "<name>.<n>.silt" for the n that the header counts.
static bool session_compare_dump(const char *when) {
  char path[600];
  size_t size = 0;
  sigset_t only, before;
  sigemptyset(&only);
  sigaddset(&only, SIGUSR2);
  sigprocmask(SIG_UNBLOCK, &only, &before);
  raise(SIGUSR2);
  sigprocmask(SIG_SETMASK, &before, NULL);
  const struct silt_header *header = session_map(session_path, &size);
  if (!header) return false;
  const char *directory = getenv("SILT_DIR"), *name = strrchr(session_path, '/') + 1;
  snprintf(path, sizeof path, "%s/%.*s.%u.silt", directory ? directory : "/tmp",
           (int)(strstr(name, ".live.silt") - name), name, header->dumps);
  munmap((void *)header, size);
  // Where few files are kept, another process may have removed it by now.
  return access(path, F_OK) != 0 || session_compare(when, path);
}

// While this process waits for it.
static bool session_compare_readers_dump(const char *when, char *silt) {
  char path[600], process[16], *environment[] = {"PATH=/usr/bin:/bin", NULL};
  // What it would say of memory is not of the profile, and must not be printed here.
  char *words[] = {silt,    "dump", "--no-memory", "-o", path, "--dir", getenv("SILT_DIR"),
                   process, NULL};
  int status = -1;
  pid_t pid = 0;
  posix_spawn_file_actions_t quiet;
  snprintf(path, sizeof path, "%s/reader.%d.dump", getenv("SILT_DIR"), getpid());
  snprintf(process, sizeof process, "%d", getpid());
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
  if (posix_spawn(&pid, silt, &quiet, NULL, words, environment)) return false;
  while (waitpid(pid, &status, 0) < 0) continue;
  if (status) dprintf(2, "torture: pid %d, %s: silt dump ends with %#x\n", getpid(), when, status);
  bool same = status == 0 && session_compare(when, path);
  // Not before: what is freed between dump and comparison is a difference.
  posix_spawn_file_actions_destroy(&quiet);
  return same;
}

bool session_is_exact(const char *when, bool dumped) {
  session_find();
  // Without the shim, or in a child that has not allocated.
  if (!session_path[0]) return true;
  char *silt = getenv("TORTURE_SILT");
  return session_compare(when, session_path) &&
         (!dumped || (session_compare_dump(when) &&
                      (!silt || !*silt || session_compare_readers_dump(when, silt))));
}
