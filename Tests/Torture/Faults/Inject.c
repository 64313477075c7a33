// SPDX-License-Identifier: Apache-2.0
//
// Inject SHIM HOST PLUGIN FOLDER POINTS SEED [default]: runs the host without the shim, then with
// it once for each system call of the shim, error and moment: failing once, and for ever from
// there. The first and the last call are always among the POINTS moments. The host must print and
// end as it does without the shim, and each dump that it leaves must be whole. `default`: FOLDER is
// where the shim leaves its dumps if it is told nothing. Prints a table. Status 0 if nothing
// differed.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "chance.h"
#include "compare.h"
#include "errors.h"
#include "trace.h"

static char *inject_words[3], *inject_environment[16];
static const char *inject_folder;
static struct trace_result inject_bare, inject_now;
static unsigned inject_runs, inject_answers, inject_different;

static bool inject_file_is_whole(const char *path) {
  struct stat status;
  struct compare result = {0};
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return true;
  bool whole = true;
  if (!fstat(fd, &status) && status.st_size > 0) {
    void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    whole = bytes != MAP_FAILED && compare_reads(&result, bytes, (size_t)status.st_size);
    if (bytes != MAP_FAILED) munmap(bytes, (size_t)status.st_size);
  }
  close(fd);
  if (!whole) printf("%s: %s\n", path, result.why);
  return whole;
}

// Dumps only: a live file may be one that was never begun. All but two are removed, so that there
// is something to prune.
static bool inject_files_are_whole(void) {
  bool whole = true;
  unsigned seen = 0;
  DIR *folder = opendir(inject_folder);
  for (struct dirent *entry; folder && (entry = readdir(folder));) {
    char path[600];
    size_t length = strlen(entry->d_name);
    snprintf(path, sizeof path, "%s/%s", inject_folder, entry->d_name);
    if (length > 5 && strcmp(entry->d_name + length - 5, ".silt") == 0 &&
        !strstr(entry->d_name, ".live."))
      whole &= inject_file_is_whole(path);
    if (entry->d_name[0] != '.' && seen++ > 2) unlink(path);
  }
  if (folder) closedir(folder);
  return whole;
}

static void inject_say_difference(void) {
  const char *a = inject_bare.output, *b = inject_now.output;
  while (*a && *a == *b) a++, b++;
  while (a > inject_bare.output && a[-1] != '\n') a--, b--;
  printf("    without: %.*s\n    with:    %.*s\n", (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"),
         b);
}

static bool inject_once(const struct trace_plan *plan, const char *call, const char *error) {
  if (!trace_run(inject_words, inject_environment, plan, &inject_now)) exit(3);
  inject_runs++;
  inject_answers += inject_now.answered;
  bool same = !inject_now.hung && inject_now.status == inject_bare.status &&
              inject_now.size == inject_bare.size &&
              memcmp(inject_now.output, inject_bare.output, inject_bare.size) == 0;
  bool whole = inject_files_are_whole();
  if (same && whole) return true;
  inject_different++;
  printf("DIFFERENT: %s %s %s %u: status %#x%s%s\n", call, error,
         plan->for_ever ? "for ever from" : "once, at", plan->from, inject_now.status,
         inject_now.hung ? ", hung" : "", whole ? "" : ", a dump is damaged");
  if (!same) inject_say_difference();
  fflush(stdout);
  return false;
}

// One error of one call, at several moments.
static void inject_error(long number, unsigned count, int error, unsigned points,
                         struct chance *chance) {
  const char *call = number == TRACE_ANY ? "all" : errors_of(number)->name;
  const char *name = errors_name(error);
  unsigned good = 0, runs = 0;
  long result = error == ERRORS_NOTHING ? 0 : -error;
  for (unsigned i = 0; i < points && i < count; i++) {
    unsigned from = i == 0            ? 1
                    : i == 1          ? count
                    : count <= points ? i
                                      : 1 + (unsigned)chance_below(chance, count);
    struct trace_plan plan = {
        .number = number, .from = from, .result = result, .made = number == SYS_close};
    if (number != TRACE_ANY) {
      runs++;
      good += inject_once(&plan, call, name);
    }
    // A call that is interrupted again and again is made again and again.
    if (error == EINTR) continue;
    // The way back to the host's mask is this call: if it fails from the middle on, there is none.
    if (number == SYS_rt_sigprocmask && from > 1) continue;
    if (number == TRACE_ANY && from > 1) continue;
    plan.for_ever = true;
    runs++;
    good += inject_once(&plan, call, name);
  }
  printf("  %s %u/%u", name, good, runs);
  fflush(stdout);
}

static void inject_call(long number, unsigned count, unsigned points, struct chance *chance) {
  const struct errors *errors = errors_of(number);
  if (strcmp(errors->name, "other"))
    printf("%-16s %5u:", errors->name, count);
  else
    printf("number %-9ld %5u:", number, count);
  for (unsigned i = 0; i < ERRORS_MOST && errors->errors[i]; i++)
    inject_error(number, count, errors->errors[i], points, chance);
  printf("\n");
}

static void inject_set(unsigned at, const char *name, const char *value) {
  if (asprintf(&inject_environment[at], "%s=%s", name, value) < 0) exit(3);
}

int main(int count, char **words) {
  if (count < 7) return 2;
  unsigned points = (unsigned)atoi(words[5]);
  struct chance chance = {strtoull(words[6], NULL, 10)};
  struct trace_plan plan = {.number = TRACE_NONE};
  inject_words[0] = words[2];
  inject_words[1] = words[3];
  inject_folder = words[4];
  // What the caller had open would hide a descriptor that is left.
  close_range(3, ~0U, 0);
  inject_set(0, "PATH", "/usr/bin:/bin");
  if (!trace_run(inject_words, inject_environment, &plan, &inject_bare)) {
    printf("faults: skipped, since ptrace is not permitted here\n");
    return 0;
  }
  if (inject_bare.hung || inject_bare.status != 0x500) {
    printf("faults: the host ends with %#x without the shim\n%s", inject_bare.status,
           inject_bare.output);
    return 3;
  }
  inject_set(1, "SILT_DIR", count > 7 ? "" : inject_folder);
  inject_set(2, "SILT_INTERVAL", "1");
  inject_set(3, "SILT_CAPACITY", "16M");
  inject_set(4, "SILT_KEEP", "2");
  inject_set(5, "SILT_DUMP_GROWTH", "1M");
  inject_set(6, "LD_PRELOAD", words[1]);
  inject_once(&plan, "no fault", "");
  static struct trace_result plain;
  plain = inject_now;
  printf(
      "%u system calls of the shim; for each: the error, runs like those without the shim / runs\n",
      plain.made);
  if (!plain.made) return 3;
  for (long number = 0; number < TRACE_NUMBERS; number++)
    if (plain.counts[number]) inject_call(number, plain.counts[number], points, &chance);
  printf("%-16s %5u:", "all", plain.made);
  inject_error(TRACE_ANY, plain.made, EPERM, points, &chance);
  inject_error(TRACE_ANY, plain.made, ENOSYS, points, &chance);
  printf("\nclocks that jump:");
  unsigned good = 0;
  for (unsigned i = 0; i < 2 * points; i++) {
    plan.clock = chance_bits(&chance) | 1;
    good += inject_once(&plan, "clocks", "jump");
  }
  printf(" %u/%u, in the last run %u\n", good, 2 * points, inject_now.answered);
  printf("faults: %u runs, %u system calls answered, %u runs differed\n", inject_runs,
         inject_answers, inject_different);
  return inject_different ? 1 : 0;
}
