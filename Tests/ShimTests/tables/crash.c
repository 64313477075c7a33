// SPDX-License-Identifier: Apache-2.0
//
// A process is killed at any moment, and what it leaves is read as a reader would: every site that
// was published must name a whole stack, and the right one.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "session/session.h"
#include "suite/suite.h"
#include "tables/invariants.h"
#include "tables/sites.h"
#include "tables/stacks.h"
#include "tables/tables.h"

enum { ROUNDS = 40, STACKS = 20000, ADDRESSES = 300 };

// The stack of a number, which its size class and its innermost frames repeat.
static uint32_t make(uint64_t number, uint64_t pcs[SILT_MAX_DEPTH]) {
  uint32_t depth = 3 + (uint32_t)(silt_mix(number) % 60);
  for (uint32_t i = 2; i < depth; i++)
    pcs[i] = 0x10000000 + silt_mix((number >> (depth - i) % 8) + i) % ADDRESSES;
  pcs[0] = 0x20000000 + number % 256;
  pcs[1] = 0x30000000 + number / 256;
  return depth;
}

static bool is_made_up(const struct stack_read *stack, uint16_t size_class) {
  uint64_t pcs[SILT_MAX_DEPTH];
  if (stack->depth < 3) return false;
  uint64_t number = (stack->frames[1] - 0x30000000) * 256 + stack->frames[0] - 0x20000000;
  return number < STACKS && size_class == number % 400 && make(number, pcs) == stack->depth &&
         memcmp(pcs, stack->frames, stack->depth * sizeof *pcs) == 0;
}

static void *work(void *thread) {
  struct silt_header *header = silt_tables_session();
  for (uint64_t step = 0;; step++) {
    uint64_t pcs[SILT_MAX_DEPTH], marks[SILT_MARKS];
    uint64_t number = silt_mix(suite_seed + step * 2 + (uintptr_t)thread) % STACKS;
    struct silt_moment moment = silt_moment(header, step / 1000, true);
    struct silt_trace trace = {pcs, make(number, pcs),
                               silt_stack_root(SILT_TIER_WHOLE, SILT_END_COMPLETE)};
    silt_stacks_mark(&trace, &moment, marks);
    struct silt_site_key key = {silt_stacks_find(header, &trace, marks, &moment, true),
                                (uint16_t)(number % 400), 0, 0};
    if (key.stack) silt_sites_find(header, &key, true);
  }
  return NULL;
}

static void live_and_be_killed(void) {
  pthread_t other;
  suite_configure("SILT_CAPACITY", "8M", NULL);
  silt_tables_session();
  pthread_create(&other, NULL, work, (void *)1);
  work(NULL);
}

// As if this process had laid the regions out.
static void take_bounds(const struct silt_header *header) {
  for (int kind = 0; kind < SILT_REGION_COUNT; kind++) {
    const struct silt_region *region = &header->regions[kind];
    silt_region_bounds[kind] = (struct silt_region_bounds){region->offset, region->capacity,
                                                           region->backed, region->element_size};
  }
}

static uint64_t read_sites(struct silt_header *header) {
  take_bounds(header);
  uint64_t count = 0, used = header->regions[SILT_REGION_SITES].used;
  for (uint32_t id = 1 + SILT_OVERFLOW_SITES; id < used; id++) {
    const struct silt_site *site = silt_site_at(header, id);
    struct stack_read stack;
    if (!site->stack) continue;
    REQUIRE(site_is_valid(header, id) && stack_read(header, site->stack, &stack));
    REQUIRE(is_made_up(&stack, site->size_class));
    count++;
  }
  return count;
}

static struct silt_header *map_left_file(void) {
  DIR *folder = opendir(suite_folder);
  struct silt_header *header = NULL;
  for (struct dirent *entry; (entry = readdir(folder));) {
    char path[400];
    struct stat status;
    if (!strstr(entry->d_name, ".live.silt")) continue;
    snprintf(path, sizeof path, "%s/%s", suite_folder, entry->d_name);
    int fd = open(path, O_RDONLY);
    REQUIRE(fd >= 0 && fstat(fd, &status) == 0);
    header = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    REQUIRE(header != MAP_FAILED);
    close(fd);
    unlink(path);
  }
  closedir(folder);
  return header;
}

static void every_site_of_a_killed_process_is_right(void) {
  uint64_t sites = 0;
  for (int round = 0; round < ROUNDS; round++) {
    pid_t child = fork();
    if (child == 0) live_and_be_killed();
    usleep(1500 + (useconds_t)suite_below(60000));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    struct silt_header *header = map_left_file();
    if (!header || header->magic != SILT_MAGIC) continue;  // killed before it had a session
    sites += read_sites(header);
  }
  REQUIRE(sites > 0);
}

SUITE({"crash: every site of a killed process is right", every_site_of_a_killed_process_is_right})
