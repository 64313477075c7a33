// SPDX-License-Identifier: Apache-2.0
//
// The table that stands in for _dl_find_object, asked beside the real one. Objects that are
// unloaded without a word to the table are in cfi/unannounced.c: there it reads freed memory, which
// the sanitizers forbid.
#define _GNU_SOURCE
#include "base/listed.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite/suite.h"

#define PLUGIN "libresolv.so.2"
#define IN_PLUGIN "__b64_ntop"

static uint64_t address_of(void *object, const char *name) {
  uint64_t address = (uintptr_t)dlsym(object, name);
  REQUIRE(address);
  return address;
}

static void unload(void *plugin) {
  silt_listed_unload_begin();
  REQUIRE(dlclose(plugin) == 0);
  silt_listed_unload_end();
}

// The two answers, where the address is, are one.
static void require_glibcs_answer(uint64_t address) {
  struct dl_find_object theirs;
  struct silt_object ours;
  bool found = _dl_find_object((void *)address, &theirs) == 0;
  REQUIRE(silt_listed_find(address, &ours) == found);
  if (!found) return;
  REQUIRE(ours.bias == theirs.dlfo_link_map->l_addr);
  REQUIRE(ours.unwind_table == theirs.dlfo_eh_frame);
  REQUIRE(ours.name == theirs.dlfo_link_map->l_name);
  REQUIRE(ours.start <= address && address < ours.end);
  REQUIRE(silt_listed_is_at(address, ours.bias) && !silt_listed_is_at(address, ours.bias + 1));
}

// At both ends and in the middle of each mapping of the process.
static void require_glibcs_answers(void) {
  FILE *maps = fopen("/proc/self/maps", "r");
  REQUIRE(maps);
  char line[4096];
  int count = 0;
  for (unsigned long from, to; fgets(line, sizeof line, maps); count++) {
    REQUIRE(sscanf(line, "%lx-%lx", &from, &to) == 2);
    if (strstr(line, "[vsyscall]")) continue;
    require_glibcs_answer(from);
    require_glibcs_answer(from + (to - from) / 2);
    require_glibcs_answer(to - 1);
  }
  fclose(maps);
  REQUIRE(count > 10);
}

static void every_mapping_is_answered_as_by_glibc(void) {
  require_glibcs_answers();
}

static void what_is_loaded_later_is_found_and_what_is_closed_is_not(void) {
  require_glibcs_answers();
  for (int round = 0; round < 3; round++) {
    void *plugin = dlopen(PLUGIN, RTLD_NOW);
    REQUIRE(plugin);
    uint64_t inside = address_of(plugin, IN_PLUGIN);
    struct silt_object object;
    REQUIRE(silt_listed_find(inside, &object) && strstr(object.name, PLUGIN));
    require_glibcs_answers();
    unload(plugin);
    REQUIRE(!silt_listed_find(inside, &object));
    REQUIRE(!silt_listed_is_at(inside, object.bias));
    require_glibcs_answers();
  }
}

// While a dlclose is running, the list may not be read: what is known is still answered.
static void what_is_known_is_found_during_a_dlclose(void) {
  struct silt_object object;
  uint64_t known = (uintptr_t)&what_is_known_is_found_during_a_dlclose;
  REQUIRE(silt_listed_find(known, &object));
  void *plugin = dlopen(PLUGIN, RTLD_NOW);
  REQUIRE(plugin);
  uint64_t inside = address_of(plugin, IN_PLUGIN);
  silt_listed_unload_begin();
  REQUIRE(silt_listed_find(known, &object));
  REQUIRE(!silt_listed_find(inside, &object));
  silt_listed_unload_end();
  REQUIRE(silt_listed_find(inside, &object));
}

static void child_answers_although_its_parent_was_unloading(void) {
  require_glibcs_answers();
  silt_listed_unload_begin();
  pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    silt_listed_after_fork();
    silt_listed_unload_end();
    require_glibcs_answers();
    _exit(0);
  }
  silt_listed_unload_end();
  int status = 1;
  REQUIRE(waitpid(child, &status, 0) == child && status == 0);
}

static uint64_t in_each[64];
static uint32_t in_each_count;

static int note_start(struct dl_phdr_info *info, size_t size, void *unused) {
  (void)size, (void)unused;
  for (int i = 0; i < info->dlpi_phnum; i++)
    if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X &&
        in_each_count < 64)
      in_each[in_each_count++] = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
  return 0;
}

static uint32_t loading_ended;

// One thread loads and unloads; the others ask for objects that stay, each of which must be found
// at any time.
static void load_or_ask(unsigned thread) {
  for (int round = 0; thread == 0 && round < 300; round++) {
    void *plugin = dlopen(PLUGIN, RTLD_NOW);
    REQUIRE(plugin);
    unload(plugin);
  }
  if (thread == 0) store_release(&loading_ended, 1u);
  for (uint32_t i = thread; !load_acquire(&loading_ended); i++) {
    struct silt_object object;
    uint64_t address = in_each[i % in_each_count];
    REQUIRE(silt_listed_find(address, &object));
    REQUIRE(object.start <= address && address < object.end);
    // Nothing is there: sends this thread to the list.
    REQUIRE(!silt_listed_find((uintptr_t)&object, &object));
  }
}

static void threads_find_what_stays_while_others_are_unloaded(void) {
  dl_iterate_phdr(note_start, NULL);
  for (uint32_t i = 0; i < in_each_count; i++) {
    struct silt_object object;
    REQUIRE(silt_listed_find(in_each[i], &object));
  }
  suite_run_together(load_or_ask);
  require_glibcs_answers();
}

SUITE({"every_mapping_is_answered_as_by_glibc", every_mapping_is_answered_as_by_glibc},
      {"what_is_loaded_later_is_found_and_what_is_closed_is_not",
       what_is_loaded_later_is_found_and_what_is_closed_is_not},
      {"what_is_known_is_found_during_a_dlclose", what_is_known_is_found_during_a_dlclose},
      {"child_answers_although_its_parent_was_unloading",
       child_answers_although_its_parent_was_unloading},
      {"threads_find_what_stays_while_others_are_unloaded",
       threads_find_what_stays_while_others_are_unloaded})
