// SPDX-License-Identifier: Apache-2.0
//
// Kills COUNT SEED SHIM BUILD WORK [SILT]: starts a tormented process, kills it at a random moment,
// and compares the session that it left with the model that it left: at most the calls in flight
// may differ. A third of the moments lie in the first milliseconds, while the session is made; the
// process dumps and prunes all the time. Each file that was left must read, also by SILT. Status 0
// if all did.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "chance.h"
#include "compare.h"

// Threads of a victim, each with a call and a handler's call on top of it.
#define IN_FLIGHT 16u

static const char *kills_shim, *kills_build, *kills_silt;
static char kills_folder[256], kills_model[300];
static unsigned kills_begun, kills_unborn, kills_dumps, kills_unfinished, kills_read;
static uint64_t kills_blocks, kills_missing;

static void kills_empty(void) {
  DIR *folder = opendir(kills_folder);
  for (struct dirent *entry; folder && (entry = readdir(folder));)
    unlinkat(dirfd(folder), entry->d_name, 0);
  if (folder) closedir(folder);
}

static pid_t kills_start(struct chance *c) {
  char seed[32], plugin[300], program[300];
  snprintf(seed, sizeof seed, "%llu", (unsigned long long)(chance_bits(c) >> 1));
  snprintf(plugin, sizeof plugin, "%s/libplugin.so", kills_build);
  snprintf(program, sizeof program, "%s/Torture", kills_build);
  unsigned every = (unsigned)chance_below(c, 3), keep = 2 + (unsigned)chance_below(c, 3);
  pid_t pid = fork();
  setpgid(pid, pid);
  if (pid) return pid;
  char number[16];
  setenv("SILT_DIR", kills_folder, 1);
  setenv("SILT_INTERVAL", "1", 1);
  setenv("SILT_CAPACITY", "256M", 1);
  snprintf(number, sizeof number, "%u", keep);
  setenv("SILT_KEEP", number, 1);
  if (every == 1) setenv("SILT_DUMP_GROWTH", "100k", 1);
  setenv("MODEL_FILE", kills_model, 1);
  setenv("LD_PRELOAD", kills_shim, 1);
  int nothing = open("/dev/null", O_RDWR);
  dup2(nothing, 1);
  dup2(nothing, 2);
  execl(program, program, "victim", seed, plugin, NULL);
  _exit(127);
}

static void *kills_map(const char *path, size_t *size) {
  struct stat status;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NULL;
  void *bytes = MAP_FAILED;
  if (!fstat(fd, &status) && (*size = (size_t)status.st_size) > 0)
    bytes = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  close(fd);
  return bytes == MAP_FAILED ? NULL : bytes;
}

// With a model: a session of the victim itself.
static bool kills_compare(const char *path, struct model *of) {
  size_t size = 0;
  struct compare result = {.in_flight = IN_FLIGHT};
  const struct silt_header *session = kills_map(path, &size);
  // Not sized yet, or its first page is not complete.
  if (!session || size < SILT_HEADER_SIZE || !session->magic) {
    if (session) munmap((void *)session, size);
    kills_unborn++;
    return true;
  }
  bool same = of ? compare(&result, of, session, size) : compare_reads(&result, session, size);
  munmap((void *)session, size);
  if (!same)
    printf("kills: %s: %s: %#lx, expected %lu, found %lu\n", path, result.why, result.which,
           result.expected, result.found);
  kills_blocks += result.live;
  kills_missing += result.missing;
  return same;
}

static bool kills_silt_reads(const char *path) {
  if (!*kills_silt) return true;
  int status = 0;
  pid_t pid = fork();
  if (pid == 0) {
    int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, 1);
    execl(kills_silt, kills_silt, "top", "-n", "3", path, NULL);
    _exit(127);
  }
  waitpid(pid, &status, 0);
  if (status) printf("kills: silt top %s: status %#x\n", path, status);
  kills_read++;
  return status == 0;
}

static bool kills_check_file(const char *name, const char *live, struct model *of, bool *found) {
  char path[600];
  snprintf(path, sizeof path, "%s/%s", kills_folder, name);
  if (strstr(name, ".tmp")) {
    kills_unfinished++;
    return true;
  }
  if (!strstr(name, ".silt")) return true;
  bool own = strcmp(name, live) == 0;
  if (own) *found = true;
  kills_dumps += !strstr(name, ".live.silt");
  unsigned unborn = kills_unborn;
  return kills_compare(path, own ? of : NULL) && (kills_unborn > unborn || kills_silt_reads(path));
}

static bool kills_check(pid_t pid) {
  char live[64];
  size_t size = 0;
  bool good = true, found = false;
  snprintf(live, sizeof live, "Torture.%d.live.silt", pid);
  struct model *of = kills_map(kills_model, &size);
  bool whole = of && size == sizeof *of && of->magic == MODEL_MAGIC;
  bool begun = whole && of->begun;
  DIR *folder = opendir(kills_folder);
  for (struct dirent *entry; folder && (entry = readdir(folder)) && good;)
    good = kills_check_file(entry->d_name, live, whole ? of : NULL, &found);
  if (folder) closedir(folder);
  if (of) munmap(of, size);
  if (good && begun && !found) {
    printf("kills: %s is not there\n", live);
    good = false;
  }
  kills_begun += begun;
  return good;
}

static bool kills_once(uint64_t seed) {
  struct chance c = {seed};
  kills_empty();
  pid_t pid = kills_start(&c);
  long after = (long)chance_below(&c, chance_below(&c, 3) ? 300000000 : 8000000);
  nanosleep(&(struct timespec){.tv_nsec = after}, NULL);
  int status = 0;
  // With its children: one of them may prune what a dead parent left.
  kill(-pid, SIGKILL);
  waitpid(pid, &status, 0);
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
    printf("kills: the process ended by itself, with status %#x\n", status);
    return false;
  }
  return kills_check(pid);
}

int main(int count, char **words) {
  if (count < 6) return 2;
  unsigned long kills = strtoul(words[1], NULL, 10);
  uint64_t seed = strtoull(words[2], NULL, 10);
  kills_shim = words[3];
  kills_build = words[4];
  kills_silt = count > 6 ? words[6] : "";
  // On a tmpfs, as by default.
  snprintf(kills_folder, sizeof kills_folder, "/dev/shm/silt-kills-%d", getpid());
  snprintf(kills_model, sizeof kills_model, "%s/model", kills_folder);
  if (mkdir(kills_folder, 0700)) return 2;
  for (unsigned long i = 0; i < kills; i++) {
    if (kills_once(seed + i)) continue;
    printf("kills: wrong at seed %llu; its files are in %s\n", (unsigned long long)(seed + i),
           kills_folder);
    printf("To repeat it, perhaps: make torture MINUTES=0 SEED=%llu KILLS=50\n",
           (unsigned long long)(seed + i - 1));
    return 1;
  }
  kills_empty();
  rmdir(kills_folder);
  printf(
      "kills: %lu, of these %u in the midst of work: %llu blocks, %llu in flight; %u files not "
      "begun, %u dumps, %u unfinished; silt read %u files\n",
      kills, kills_begun, (unsigned long long)kills_blocks, (unsigned long long)kills_missing,
      kills_unborn, kills_dumps, kills_unfinished, kills_read);
  return 0;
}
