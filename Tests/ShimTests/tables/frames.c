// SPDX-License-Identifier: Apache-2.0
//
// Frames of real modules, also of one that is unloaded and comes back elsewhere, and of generated
// code without end.
#define _GNU_SOURCE
#include "tables/frames.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>

#include "session/regions.h"
#include "session/session.h"
#include "suite/suite.h"
#include "tables/invariants.h"
#include "tables/modules.h"
#include "tables/tables.h"

static uint64_t word_of(struct silt_header *header, uint32_t id) {
  return load_relaxed((uint64_t *)silt_region_at(header, SILT_REGION_FRAMES, id));
}

static const struct silt_module *module_of(struct silt_header *header, uint32_t id) {
  uint64_t module = word_of(header, id) >> SILT_FRAME_SHIFT;
  REQUIRE(module > 0 && module <= silt_region_count(header, SILT_REGION_MODULES));
  return silt_region_at(header, SILT_REGION_MODULES, module - 1);
}

static void frame_is_a_module_and_a_link_address(void) {
  struct silt_header *header = silt_tables_session();
  struct silt_moment moment = silt_moment(header, 0, true);
  uint64_t pc = (uint64_t)&word_of;
  REQUIRE(silt_frames_find(header, pc, &moment, false) == 0);
  uint32_t id = silt_frames_find(header, pc, &moment, true);
  REQUIRE(id >= SILT_FRAME_FIRST && silt_frames_find(header, pc, &moment, false) == id);
  const struct silt_module *module = module_of(header, id);
  struct dl_find_object object;
  REQUIRE(_dl_find_object((void *)pc, &object) == 0);
  REQUIRE(module->bias == object.dlfo_link_map->l_addr && module->loaded == 1);
  REQUIRE((word_of(header, id) & SILT_FRAME_MASK) + module->bias == pc);
  REQUIRE(pc - module->bias >= module->text_start && pc - module->bias < module->text_end);
  const char *path = silt_region_at(header, SILT_REGION_STRINGS, module->path);
  REQUIRE(module->path_size == header->exe_size && !memcmp(path, header->exe, header->exe_size));
  uint32_t of_libc = silt_frames_find(header, (uint64_t)&memchr, &moment, true);
  REQUIRE(module_of(header, of_libc) != module && module_of(header, of_libc)->build_id_size == 20);
}

// A library that nothing else loads.
static void *load(uint64_t *pc) {
  void *library = dlopen("libthread_db.so.1", RTLD_LAZY | RTLD_LOCAL);
  REQUIRE(library);
  *pc = (uint64_t)dlsym(library, "td_init");
  REQUIRE(*pc);
  return library;
}

static void module_that_comes_back_is_the_same(void) {
  struct silt_header *header = silt_tables_session();
  uint64_t pc, first_pc = 0, elsewhere = 0;
  uint32_t first = 0;
  for (uint64_t round = 0; round < 50; round++) {
    struct silt_moment moment = silt_moment(header, round, true);
    void *library = load(&pc);
    uint32_t id = silt_frames_find(header, pc, &moment, true);
    if (!round) first = id, first_pc = pc;
    REQUIRE(id == first);
    elsewhere += pc != first_pc;
    struct dl_find_object object;
    REQUIRE(_dl_find_object((void *)pc, &object) == 0);
    REQUIRE(module_of(header, id)->bias == object.dlfo_link_map->l_addr);
    REQUIRE(module_of(header, id)->loaded == 1);
    void *start = object.dlfo_map_start;
    REQUIRE(dlclose(library) == 0);
    silt_modules_unloaded(header);
    REQUIRE(module_of(header, id)->loaded == 0);
    // Something else lies there the next time.
    REQUIRE(mmap(start, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
                 0) != MAP_FAILED);
  }
  REQUIRE(elsewhere > 40);
  REQUIRE(silt_region_count(header, SILT_REGION_MODULES) == 1);
}

static void module_is_looked_at_itself_while_another_is_unloaded(void) {
  struct silt_header *header = silt_tables_session();
  struct silt_moment settled = silt_moment(header, 0, true),
                     unsettled = silt_moment(header, 0, false);
  uint64_t pc = (uint64_t)&word_of;
  uint32_t id = silt_frames_find(header, pc, &settled, true);
  // As if a module had lain here that is just being replaced: neither the cache nor the place
  // counts.
  struct silt_module *module = (struct silt_module *)module_of(header, id);
  module->identity++;
  REQUIRE(silt_frames_find(header, pc, &settled, true) == id);
  uint32_t other = silt_frames_find(header, pc, &unsettled, true);
  REQUIRE(other != id && module_of(header, other) != module);
}

static void module_that_went_unannounced_is_noticed(void) {
  struct silt_header *header = silt_tables_session();
  struct silt_moment before = silt_moment(header, 0, true), after = silt_moment(header, 1, true);
  uint64_t pc = (uint64_t)&word_of;
  uint32_t id = silt_frames_find(header, pc, &before, true);
  // As if another one had lain around this pc, and had been unloaded past the shim.
  struct silt_module *module = (struct silt_module *)module_of(header, id);
  uint64_t bias = module->bias;
  module->bias = bias - 64;
  REQUIRE(silt_frames_find(header, pc, &after, true) == id && module->bias == bias);
}

static void generated_code_is_bounded(void) {
  struct silt_header *header = silt_tables_session();
  struct silt_moment moment = silt_moment(header, 0, true);
  uint64_t slots = header->regions[SILT_REGION_FRAMES].capacity, bare = 0, pages = 0, special = 0;
  for (uint64_t i = 0; i < 100 * slots; i++) {
    uint32_t id = silt_frames_find(header, 0x10000000 + i * 1024, &moment, true);
    REQUIRE(id);
    uint64_t kind = word_of(header, id) >> SILT_FRAME_SHIFT;
    bare += kind == SILT_FRAME_BARE;
    pages += kind == SILT_FRAME_PAGE;
    special += id == SILT_FRAME_GENERATED;
    if (kind == SILT_FRAME_PAGE)
      REQUIRE((word_of(header, id) & SILT_FRAME_MASK) == (0x10000000 + i * 1024) / 4096 * 4096);
  }
  REQUIRE(bare == slots / 4 && pages >= slots / 4 * 4 - 4 && bare + pages + special == 100 * slots);
  REQUIRE(header->lost[SILT_LOST_FRAMES_FULL].count == 0);
  // Code of modules still has its place.
  uint32_t id = silt_frames_find(header, (uint64_t)&word_of, &moment, true);
  REQUIRE(id > SILT_FRAME_OMITTED && module_of(header, id));
  REQUIRE(silt_frames_find(header, 0x10000000, &moment, true) > SILT_FRAME_OMITTED);
}

static void no_frame_waits_for_a_whole_level(void) {
  suite_configure("SILT_CAPACITY", "64M", NULL);
  struct silt_header *header = silt_tables_session();
  struct silt_moment moment = silt_moment(header, 0, true);
  const uint64_t *backed = &silt_region_bounds[SILT_REGION_FRAMES].backed;
  uint64_t most = 0;
  for (uint64_t i = 0; i < 65000; i++) {
    uint64_t before = *backed;
    REQUIRE(silt_frames_find(header, 0x10000000 + i * 1024, &moment, true) > SILT_FRAME_OMITTED);
    if (*backed - before > most) most = *backed - before;
  }
  // 7 levels, the last of 512 KiB.
  REQUIRE(header->regions[SILT_REGION_FRAMES].used == 127 * SILT_FRAMES_LEVEL0);
  REQUIRE(most > 0 && most <= SILT_REGION_PIECE);
  REQUIRE(header->lost[SILT_LOST_FRAMES_FULL].count == 0);
}

static void full_table_omits_the_new_and_finds_the_old(void) {
  struct silt_header *header = silt_tables_session();
  struct silt_moment moment = silt_moment(header, 0, true);
  uint64_t pc = (uint64_t)&word_of, next = pc;
  uint32_t first = silt_frames_find(header, pc, &moment, true);
  while (silt_frames_find(header, next, &moment, true) != SILT_FRAME_OMITTED) {
    next++;
    REQUIRE(next - pc < header->regions[SILT_REGION_FRAMES].capacity);
  }
  REQUIRE(next - pc > header->regions[SILT_REGION_FRAMES].capacity / 3 * 2);
  REQUIRE(header->lost[SILT_LOST_FRAMES_FULL].count == 1);
  REQUIRE(silt_frames_find(header, pc, &moment, true) == first);
  REQUIRE(silt_frames_find(header, next, &moment, false) == 0);
}

static void hammer(unsigned thread) {
  struct silt_header *header = silt_tables_session();
  uint64_t state = suite_seed + thread, base = (uint64_t)&word_of;
  for (int step = 0; step < 20000; step++) {
    state = silt_mix(state + UINT64_C(0x9e3779b97f4a7c15));
    struct silt_moment moment = silt_moment(header, state >> 32 & 3, state >> 40 & 3);
    uint64_t pc = base + state % 1500;
    uint32_t id = silt_frames_find(header, pc, &moment, true);
    REQUIRE((word_of(header, id) & SILT_FRAME_MASK) + load_relaxed(&module_of(header, id)->bias) ==
            pc);
  }
}

static void threads_find_the_same_frames(void) {
  suite_configure("SILT_CAPACITY", "4M", NULL);
  struct silt_header *header = silt_tables_session();
  silt_frames_find(header, (uint64_t)&word_of, &(struct silt_moment){0, true}, true);
  suite_run_together(hammer);
  uint64_t count = 0;
  for (uint64_t id = SILT_FRAME_FIRST; id < silt_region_count(header, SILT_REGION_FRAMES); id++)
    count += word_of(header, (uint32_t)id) != 0;
  REQUIRE(count >= 1500 && count < 1520);  // two ids only where a level was just added
}

SUITE({"frames: a frame is a module and a link address", frame_is_a_module_and_a_link_address},
      {"frames: a module that comes back elsewhere is the same",
       module_that_comes_back_is_the_same},
      {"frames: a module is looked at itself while another is unloaded",
       module_is_looked_at_itself_while_another_is_unloaded},
      {"frames: a module that went unannounced is noticed",
       module_that_went_unannounced_is_noticed},
      {"frames: generated code is bounded", generated_code_is_bounded},
      {"frames: no frame waits for a whole level", no_frame_waits_for_a_whole_level},
      {"frames: a full table omits the new and finds the old",
       full_table_omits_the_new_and_finds_the_old},
      {"frames: threads find the same frames", threads_find_the_same_frames})
