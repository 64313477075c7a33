// SPDX-License-Identifier: Apache-2.0
//
// The table of mappings against a model that keeps one word for each page.
#include "tables/maps.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "session/regions.h"
#include "session/session.h"
#include "suite/suite.h"
#include "tables/tables.h"

enum { PAGE = 4096, PAGES = 1 << 12, OPERATIONS = 3000 };
// Where a thread's pages lie.
#define BASE(thread) (UINT64_C(0x10000000) + (uint64_t)(thread)*2 * PAGES * PAGE)

struct page {
  uint32_t stack;  // 0: not mapped
  bool reserved;
};

static void change(struct silt_maps_change facts) {
  silt_maps_change(silt_session_current(), &facts);
}

static void make(uint64_t start, uint64_t size, uint32_t stack, uint32_t protection) {
  change((struct silt_maps_change){.kind = SILT_MAPS_MAKE,
                                   .start = start,
                                   .size = size,
                                   .stack = stack,
                                   .protection = protection,
                                   .flags = MAP_PRIVATE,
                                   .born = silt_maps_order()});
}

static void unmap(uint64_t start, uint64_t size, uint64_t before) {
  change((struct silt_maps_change){
      .kind = SILT_MAPS_UNMAP, .start = start, .size = size, .before = before});
}

// What the region says of each page of a thread. Fails if two elements lie upon one another.
static void read_pages(unsigned thread, struct page pages[PAGES]) {
  struct silt_header *header = silt_session_current();
  __builtin_memset(pages, 0, PAGES * sizeof *pages);
  for (uint64_t i = 0; i < silt_region_count(header, SILT_REGION_MAPPINGS); i++) {
    const struct silt_mapping *m = silt_region_at(header, SILT_REGION_MAPPINGS, i);
    uint64_t address = load_acquire(&m->address), first = (address - BASE(thread)) / PAGE;
    if (address <= SILT_LIVE_BUSY || first >= PAGES) continue;
    REQUIRE(m->check == silt_mapping_check(m) && m->size % PAGE == 0 && m->size > 0);
    for (uint64_t page = first; page < first + m->size / PAGE; page++) {
      REQUIRE(page < PAGES && pages[page].stack == 0);
      pages[page] = (struct page){m->stack, m->protection == PROT_NONE};
    }
  }
}

static void compare(unsigned thread, const struct page *model) {
  static __thread struct page pages[PAGES];
  read_pages(thread, pages);
  for (int i = 0; i < PAGES; i++)
    REQUIRE(pages[i].stack == model[i].stack && pages[i].reserved == model[i].reserved);
}

static uint64_t random_below(uint64_t *state, uint64_t bound) {
  return silt_mix(++*state) % bound;
}

// One operation on the table and on the model.
static void operate(unsigned thread, struct page *model, uint64_t *random, uint32_t stack) {
  uint64_t first = random_below(random, PAGES - 256), count = 1 + random_below(random, 256);
  uint64_t to = random_below(random, PAGES - 256), more = 1 + random_below(random, 256);
  uint64_t start = BASE(thread) + first * PAGE, size = count * PAGE;
  bool reserved = random_below(random, 3) == 0;
  uint32_t protection = reserved ? PROT_NONE : PROT_READ | PROT_WRITE;
  bool keeps = count * PAGE >= SILT_MAPPING_LEAST;
  switch (random_below(random, 5)) {
    case 0:
    case 1:
      make(start, size, stack, protection);
      for (uint64_t i = first; i < first + count; i++)
        model[i] = keeps ? (struct page){stack, reserved} : (struct page){0, false};
      break;
    case 2:
      unmap(start, size, silt_maps_order());
      for (uint64_t i = first; i < first + count; i++) model[i] = (struct page){0, false};
      break;
    case 3:
      change((struct silt_maps_change){.kind = SILT_MAPS_PROTECT,
                                       .start = start,
                                       .size = size,
                                       .protection = protection,
                                       .before = silt_maps_order()});
      for (uint64_t i = first; i < first + count; i++)
        if (model[i].stack) model[i].reserved = reserved;
      break;
    default: {
      // As the kernel: both do not meet, or the mapping grows where it is.
      if (to < first + count && first < to + more) to = first;
      bool keeps_new = more * PAGE >= SILT_MAPPING_LEAST;
      struct page was = model[first];
      uint64_t before = silt_maps_order();
      change((struct silt_maps_change){.kind = SILT_MAPS_MOVE,
                                       .from = start,
                                       .from_size = size,
                                       .start = BASE(thread) + to * PAGE,
                                       .size = more * PAGE,
                                       .stack = stack,
                                       .before = before,
                                       .born = silt_maps_order()});
      for (uint64_t i = first; i < first + count; i++) model[i] = (struct page){0, false};
      for (uint64_t i = to; i < to + more; i++)
        model[i] =
            keeps_new ? (struct page){stack, was.stack && was.reserved} : (struct page){0, false};
    }
  }
}

static struct page *models[SUITE_THREADS];

static void work(unsigned thread) {
  struct page *model = models[thread] = calloc(PAGES, sizeof *model);
  uint64_t random = suite_seed + thread * UINT64_C(0x9e3779b97f4a7c15);
  for (uint32_t i = 1; i <= OPERATIONS; i++) operate(thread, model, &random, i);
}

static void random_changes_are_as_in_the_model(void) {
  REQUIRE(silt_tables_session());
  struct page *model = calloc(PAGES, sizeof *model);
  uint64_t random = suite_seed;
  for (uint32_t i = 1; i <= OPERATIONS; i++) {
    operate(0, model, &random, i);
    if (i % 50 == 0) compare(0, model);
  }
  REQUIRE(silt_session_current()->lost[SILT_LOST_MAPPINGS].count == 0);
  free(model);
}

static void threads_change_and_lose_nothing(void) {
  REQUIRE(silt_tables_session());
  suite_run_together(work);
  // What was left in the queue by the last.
  unmap(BASE(SUITE_THREADS), PAGE, silt_maps_order());
  // Where others keep the processor from whoever applies changes, for 50 ms, some are lost and
  // counted. Then nothing can be compared.
  uint64_t lost = silt_session_current()->lost[SILT_LOST_MAPPINGS].count;
  REQUIRE(lost < SUITE_THREADS * OPERATIONS / 100);
  if (lost) printf("maps: %lu changes lost on a busy machine: nothing compared\n", lost);
  for (unsigned thread = 0; thread < SUITE_THREADS; thread++) {
    if (!lost) compare(thread, models[thread]);
    free(models[thread]);
  }
}

// Another thread was given the address before the one that gave it back came to say so.
static void what_was_given_out_again_stays(void) {
  REQUIRE(silt_tables_session());
  struct page model[PAGES] = {{0, false}};
  make(BASE(0), 32 * PAGE, 7, PROT_READ);
  uint64_t before = silt_maps_order();
  make(BASE(0) + 8 * PAGE, 16 * PAGE, 8, PROT_READ);
  unmap(BASE(0), 32 * PAGE, before);
  for (int i = 8; i < 24; i++) model[i] = (struct page){8, false};
  compare(0, model);
}

static void pieces_of_one_kind_are_joined_again(void) {
  struct silt_header *header = silt_tables_session();
  make(BASE(0), 256 * PAGE, 7, PROT_NONE);
  for (uint64_t i = 0; i < 256; i++)
    change((struct silt_maps_change){.kind = SILT_MAPS_PROTECT,
                                     .start = BASE(0) + i * PAGE,
                                     .size = PAGE,
                                     .protection = PROT_READ | PROT_WRITE,
                                     .before = silt_maps_order()});
  REQUIRE(silt_region_count(header, SILT_REGION_MAPPINGS) <= 3);
  uint64_t pieces = 0;
  for (uint64_t i = 0; i < silt_region_count(header, SILT_REGION_MAPPINGS); i++) {
    const struct silt_mapping *m = silt_region_at(header, SILT_REGION_MAPPINGS, i);
    pieces += m->address > SILT_LIVE_BUSY;
    if (m->address > SILT_LIVE_BUSY) REQUIRE(m->size == 256 * PAGE && m->protection);
  }
  REQUIRE(pieces == 1);
}

static void full_table_counts_what_it_loses(void) {
  struct silt_header *header = silt_tables_session();
  uint64_t room = silt_region_capacity(SILT_REGION_MAPPINGS), size = SILT_MAPPING_LEAST;
  for (int round = 0; round < 2; round++) {
    for (uint64_t i = 0; i < room + 10; i++) make(BASE(0) + 2 * i * size, size, 1, PROT_READ);
    REQUIRE(silt_region_count(header, SILT_REGION_MAPPINGS) == room);
    // A hole needs an element too; what is cut off does not.
    unmap(BASE(0), PAGE, silt_maps_order());
    REQUIRE(header->lost[SILT_LOST_MAPPINGS].count == 10);
    REQUIRE(header->lost[SILT_LOST_MAPPINGS].bytes == 10 * size);
    unmap(BASE(0) + 2 * size + PAGE, PAGE, silt_maps_order());
    REQUIRE(header->lost[SILT_LOST_MAPPINGS].count == 11);
    header->lost[SILT_LOST_MAPPINGS] = (struct silt_count){0, 0};
    unmap(BASE(0), 2 * (room + 10) * size, silt_maps_order());
    for (uint64_t i = 0; i < room; i++) {
      const struct silt_mapping *m = silt_region_at(header, SILT_REGION_MAPPINGS, i);
      REQUIRE(m->address == SILT_LIVE_EMPTY);
    }
  }
}

// Its profile starts at the fork, as that of the heap.
static void child_has_mappings_of_its_own(void) {
  struct silt_header *parents = silt_tables_session();
  struct page model[PAGES] = {{0, false}};
  make(BASE(0), 32 * PAGE, 7, PROT_READ);
  pid_t child = fork();
  if (child == 0) {
    REQUIRE(silt_tables_session());
    unmap(BASE(0), PAGE, silt_maps_order());
    make(BASE(0) + 64 * PAGE, 16 * PAGE, 9, PROT_READ);
    for (int i = 64; i < 80; i++) model[i] = (struct page){9, false};
    compare(0, model);
    _exit(0);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child && status == 0);
  REQUIRE(parents == silt_session_current());
  for (int i = 0; i < 32; i++) model[i] = (struct page){7, false};
  compare(0, model);
}

SUITE({"maps: random changes are as in the model", random_changes_are_as_in_the_model},
      {"maps: threads change and lose nothing, or count it", threads_change_and_lose_nothing},
      {"maps: what was given out again stays", what_was_given_out_again_stays},
      {"maps: pieces of one kind are joined again", pieces_of_one_kind_are_joined_again},
      {"maps: a full table counts what it loses", full_table_counts_what_it_loses},
      {"maps: a child has mappings of its own", child_has_mappings_of_its_own})
