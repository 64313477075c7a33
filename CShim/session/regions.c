// SPDX-License-Identifier: Apache-2.0
//
// `used` counts what was claimed, `backed` the bytes that may be touched; what is claimed is
// backed. Only the ring's `used` runs on.
#include "session/regions.h"

#include "base/os.h"

struct silt_region_bounds silt_region_bounds[SILT_REGION_COUNT];
static uint64_t region_page;
static bool region_in_memory;
static const void *region_session;  // whose bounds they are
// When the kernel last refused memory or blocks; 0: it did not. To ask a full disk takes as long as
// a hundred samples, so it is asked again only after a while.
static uint64_t region_refused;
#define REGION_PATIENCE UINT64_C(10000000)  // ns

static uint64_t region_round_up(uint64_t bytes, uint64_t unit) {
  return (bytes + unit - 1) & ~(unit - 1);
}

// The largest page size of the two architectures.
#define REGION_ALIGNMENT (UINT64_C(64) << 10)

// What a table in levels of doubling size makes of so many bytes.
static uint64_t region_in_levels(uint64_t bytes, uint64_t level0, uint64_t element) {
  uint64_t slots = level0;
  while ((2 * slots + level0) * element <= bytes) slots = 2 * slots + level0;
  return slots * element;
}

uint64_t silt_regions_lay_out(struct silt_region *regions, uint64_t capacity) {
  uint64_t threads = capacity / 16 / sizeof(struct silt_thread_record);
  if (threads > SILT_THREADS_MAX) threads = SILT_THREADS_MAX;
  const struct {
    uint64_t bytes;
    uint32_t element;
  } plan[] = {
      [SILT_REGION_STRINGS] = {capacity / 64, 1},
      [SILT_REGION_MODULES] = {capacity / 128, sizeof(struct silt_module)},
      // Sites fill first: a stack shares most of its words with others, and has several sites.
      [SILT_REGION_STACKS] = {capacity / 4, sizeof(uint32_t)},
      [SILT_REGION_SITES] = {capacity / 32 * 11, sizeof(struct silt_site)},
      [SILT_REGION_LIVE] = {region_in_levels(capacity / 4, SILT_LIVE_LEVEL0,
                                             sizeof(struct silt_live)),
                            sizeof(struct silt_live)},
      [SILT_REGION_RING] = {capacity / 64, sizeof(struct silt_event)},
      [SILT_REGION_THREADS] = {threads * sizeof(struct silt_thread_record),
                               sizeof(struct silt_thread_record)},
      [SILT_REGION_FRAMES] = {region_in_levels(capacity / 32, SILT_FRAMES_LEVEL0, sizeof(uint64_t)),
                              sizeof(uint64_t)},
      [SILT_REGION_MAPPINGS] = {capacity / 64, sizeof(struct silt_mapping)},
  };
  uint64_t offset = REGION_ALIGNMENT;
  for (size_t i = 0; i < sizeof plan / sizeof plan[0]; i++) {
    if (!plan[i].element) continue;
    regions[i].offset = offset;
    regions[i].element_size = plan[i].element;
    regions[i].capacity = plan[i].bytes / plan[i].element;
    // Ids are below SILT_WORD_LINK.
    if (plan[i].element > 1 && regions[i].capacity > SILT_WORD_LINK)
      regions[i].capacity = SILT_WORD_LINK;
    silt_region_bounds[i] = (struct silt_region_bounds){
        .offset = offset, .capacity = regions[i].capacity, .element_size = plan[i].element};
    offset += region_round_up(plan[i].bytes, REGION_ALIGNMENT);
  }
  regions[SILT_REGION_STACKS].used = SILT_STACK_ROOTS;
  regions[SILT_REGION_FRAMES].used = SILT_FRAMES_LEVEL0;
  return offset;
}

// So many bytes are reserved in whole steps. The first pages come one by one: most processes are
// short, and each page is cleared and given back.
#define REGION_STEP (UINT64_C(16) << 10)
static uint64_t region_whole_steps(uint64_t bytes) {
  return region_round_up(
      bytes, bytes < REGION_STEP || REGION_STEP < region_page ? region_page : REGION_STEP);
}

// In memory by steps as well: the kernel charges writable memory to the process, touched or not.
static int region_make_present(void *address, uint64_t size) {
  return region_in_memory ? silt_os_make_writable(address, size) : silt_os_populate(address, size);
}

// The header has to say what the private copy says, whichever of two threads stores last.
static void region_tell_readers(struct silt_region *region, const uint64_t *backed) {
  uint64_t bytes;
  do {
    bytes = load_acquire(backed);
    store_release(&region->backed, bytes);  // pairs with readers of the file
  } while (bytes != load_acquire(backed));
}

int silt_regions_begin(struct silt_header *plan, void *address) {
  region_session = address;
  region_refused = 0;
  region_in_memory = plan->flags & SILT_FLAG_ANONYMOUS;
  region_page = plan->page_size;
  int error = region_make_present(address, region_whole_steps(SILT_HEADER_SIZE));
  for (int kind = 0; kind < SILT_REGION_COUNT && !error; kind++) {
    struct silt_region *region = &plan->regions[kind];
    uint64_t bytes = region_whole_steps(region->used * region->element_size);
    if (bytes) error = region_make_present((char *)address + region->offset, bytes);
    region->backed = silt_region_bounds[kind].backed = bytes;
  }
  if (error) return error;
  uint64_t *frames = (uint64_t *)((char *)address + plan->regions[SILT_REGION_FRAMES].offset);
  for (uint64_t id = 0; id < SILT_FRAME_FIRST; id++)
    frames[id] = (uint64_t)SILT_FRAME_SPECIAL << SILT_FRAME_SHIFT | id;
  return 0;
}

static bool region_extend(struct silt_header *header, enum silt_region_kind kind, uint64_t backed,
                          uint64_t target) {
  struct silt_region_bounds *bounds = &silt_region_bounds[kind];
  // In a child's scratch memory nothing is made present: the bounds are of its own session.
  if (SILT_UNLIKELY(header != region_session)) return false;
  uint64_t whole = bounds->capacity * bounds->element_size;
  if (target > whole) target = region_round_up(whole, region_page);
  // Refused to this thread, perhaps not to others.
  if (SILT_UNLIKELY(silt_os_is_stopped())) return false;
  void *more = (char *)header + bounds->offset + backed;
  uint64_t refused = load_relaxed(&region_refused);
  if (SILT_UNLIKELY(refused) && silt_os_monotonic() - refused < REGION_PATIENCE) return false;
  bool present = region_make_present(more, target - backed) == 0;
  if (SILT_UNLIKELY(!present || refused))
    store_relaxed(&region_refused, present ? 0 : silt_os_monotonic());
  if (!present) return false;
  while (backed < target && !cas_acq_rel(&bounds->backed, &backed, target)) {
  }
  region_tell_readers(&header->regions[kind], &bounds->backed);
  return true;
}

bool silt_region_back(struct silt_header *header, enum silt_region_kind kind, uint64_t elements) {
  struct silt_region_bounds *bounds = &silt_region_bounds[kind];
  if (SILT_UNLIKELY(elements > bounds->capacity)) return false;
  uint64_t need = elements * bounds->element_size;
  uint64_t backed = load_acquire(&bounds->backed);
  if (SILT_LIKELY(need <= backed)) return true;
  // More as a region grows, to ask the kernel rarely.
  uint64_t ahead = need / 4 < SILT_REGION_PIECE / 2 ? need / 4 : SILT_REGION_PIECE / 2;
  return region_extend(header, kind, backed, region_whole_steps(need + ahead));
}

bool silt_region_back_piece(struct silt_header *header, enum silt_region_kind kind,
                            uint64_t elements, uint64_t bytes) {
  struct silt_region_bounds *bounds = &silt_region_bounds[kind];
  if (SILT_UNLIKELY(elements > bounds->capacity)) return false;
  uint64_t need = elements * bounds->element_size;
  uint64_t backed = load_acquire(&bounds->backed);
  if (SILT_LIKELY(need <= backed)) return true;
  uint64_t target = region_whole_steps(need);
  if (target > backed + bytes) target = backed + bytes;
  return region_extend(header, kind, backed, target) && target >= need;
}

// What is refused is not claimed: when there is room again on the disk, nothing was wasted.
bool silt_region_claim(struct silt_header *header, enum silt_region_kind kind, uint64_t count,
                       uint64_t *first) {
  uint64_t capacity = silt_region_capacity(kind);
  uint64_t at = load_relaxed(&header->regions[kind].used);
  do
    if (count > capacity || at > capacity - count || !silt_region_back(header, kind, at + count))
      return false;
  while (!cas_relaxed(&header->regions[kind].used, &at, at + count));
  *first = at;
  return true;
}

uint64_t silt_region_count(struct silt_header *header, enum silt_region_kind kind) {
  const struct silt_region_bounds *bounds = &silt_region_bounds[kind];
  if (!bounds->element_size) return 0;
  uint64_t used = load_acquire(&header->regions[kind].used);
  uint64_t present = load_acquire(&bounds->backed) / bounds->element_size;
  if (present > bounds->capacity) present = bounds->capacity;
  return used < present ? used : present;
}
