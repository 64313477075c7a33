// SPDX-License-Identifier: Apache-2.0
//
// In words: each block that the session holds is in the model with its size, once; each that the
// model holds is in the session, or is one of those that were counted as lost; for each size class
// as many allocations were counted as made.
#include "compare.h"

struct reading {
  struct compare *result;
  struct model *model;
  const struct silt_header *header;
  const char *bytes;
  size_t size;
  uint16_t pass;
};

static bool refuse(struct reading *r, const char *why, uint64_t which, uint64_t expected,
                   uint64_t found) {
  r->result->why = why;
  r->result->which = which;
  r->result->expected = expected;
  r->result->found = found;
  return false;
}

static const void *region(struct reading *r, unsigned kind, uint64_t *used) {
  const struct silt_region *at = &r->header->regions[kind];
  *used = at->used < at->capacity ? at->used : at->capacity;
  if (at->offset > r->size || at->capacity * at->element_size > r->size - at->offset) return NULL;
  return r->bytes + at->offset;
}

static bool check_frame(struct reading *r) {
  const struct silt_header *h = r->header;
  if (r->size < SILT_HEADER_SIZE || h->magic != SILT_MAGIC || h->version != SILT_VERSION)
    return refuse(r, "no session", 0, SILT_MAGIC, r->size < SILT_HEADER_SIZE ? 0 : h->magic);
  uint64_t used;
  for (unsigned kind = 0; kind < SILT_REGION_COUNT; kind++)
    if (h->regions[kind].element_size && !region(r, kind, &used))
      return refuse(r, "a region is outside", kind, r->size, h->regions[kind].offset);
  if (h->kind != SILT_KIND_DUMP) return true;
  struct silt_header copy = *h;
  copy.checksum = 0;
  uint64_t sum = silt_checksum(SILT_CHECKSUM_START, &copy, sizeof copy);
  if (sum != h->checksum) return refuse(r, "checksum of the header", 0, h->checksum, sum);
  for (unsigned kind = 0; kind < SILT_REGION_COUNT; kind++) {
    const struct silt_region *at = &h->regions[kind];
    if (!at->element_size) continue;
    sum =
        silt_checksum(SILT_CHECKSUM_START, r->bytes + at->offset, at->capacity * at->element_size);
    if (sum != at->checksum) return refuse(r, "checksum of a region", kind, at->checksum, sum);
  }
  return true;
}

static struct model_node *find(struct reading *r, uint64_t address) {
  uint64_t hash = silt_mix(address >> 4);
  struct model_shard *shard = &r->model->shards[hash % MODEL_SHARDS];
  uint32_t link = shard->buckets[hash / MODEL_SHARDS % MODEL_BUCKETS];
  for (unsigned steps = 0; link && steps < MODEL_NODES; steps++) {
    struct model_node *node = &shard->nodes[link - 1];
    if (node->address == address) return node;
    link = node->next;
  }
  return NULL;
}

// A slot may be half written when the process was killed.
static bool check_live(struct reading *r) {
  uint64_t slots, sites, busy = 0, most = r->result->in_flight + r->model->maybe.count;
  const struct silt_live *live = region(r, SILT_REGION_LIVE, &slots);
  const struct silt_site *site = region(r, SILT_REGION_SITES, &sites);
  for (uint64_t i = 0; i < slots; i++) {
    const struct silt_live *slot = &live[i];
    if (slot->address <= SILT_LIVE_BUSY) {
      // No thread is at it any more, so it is lost for good: a thread was killed there, or a
      // handler left there.
      if (slot->address == SILT_LIVE_BUSY && ++busy > most)
        return refuse(r, "a live slot is busy for ever", i, most, busy);
      continue;
    }
    uint64_t size = slot->size48_check16 & SILT_SIZE_MASK;
    if (silt_live_check(slot->address, size, slot->time, slot->site, slot->thread) !=
        slot->size48_check16 >> 48)
      return refuse(r, "check of a live entry", i, slot->address, slot->size48_check16);
    if (slot->site == 0 || slot->site >= sites || !site[slot->site].stack)
      return refuse(r, "a live entry's site is not there", slot->address, sites, slot->site);
    struct model_node *node = find(r, slot->address);
    if (!node) return refuse(r, "a block that is not in use", slot->address, 0, size);
    if (node->size != size) return refuse(r, "size of a block", slot->address, node->size, size);
    if (node->seen == r->pass) return refuse(r, "a block is there twice", slot->address, 1, 2);
    node->seen = r->pass;
    r->result->live++;
    r->result->live_bytes += size;
  }
  return true;
}

static bool check_missing(struct reading *r) {
  uint64_t nested = r->header->lost[SILT_LOST_NESTED].count, missing = 0, maybe = 0;
  for (unsigned i = 0; i < MODEL_SHARDS; i++) {
    for (uint32_t k = 0; k < r->model->shards[i].fresh; k++) {
      const struct model_node *node = &r->model->shards[i].nodes[k];
      if (!node->address || node->seen == r->pass || node->flags & MODEL_BEFORE) continue;
      if (node->flags & MODEL_MAYBE) {
        maybe++;
        continue;
      }
      missing++;
      if (!(node->flags & MODEL_NESTED) && missing > r->result->in_flight)
        return refuse(r, "a block is missing", node->address, node->size, missing);
    }
  }
  r->result->missing = missing + maybe;
  if (missing > nested + r->model->lent.count + r->result->in_flight)
    return refuse(r, "blocks are missing", 0, nested, missing);
  return true;
}

static bool near(uint64_t a, uint64_t b, uint64_t most) {
  return a >= b && a - b <= most;
}

// What a full session counts without a stack, it counts for eight size classes together.
#define COARSE 8u

static bool check_sums(struct reading *r) {
  static struct silt_count found[MODEL_CLASSES], coarse[MODEL_CLASSES / COARSE];
  __builtin_memset(found, 0, sizeof found);
  __builtin_memset(coarse, 0, sizeof coarse);
  uint64_t sites, objects = 0, bytes = 0;
  const struct silt_site *site = region(r, SILT_REGION_SITES, &sites);
  for (uint64_t i = 1; i < sites; i++) {
    if (!site[i].stack) continue;
    if (site[i].size_class >= MODEL_CLASSES)
      return refuse(r, "size class of a site", i, MODEL_CLASSES, site[i].size_class);
    struct silt_count *counter = site[i].flags & SILT_SITE_COARSE
                                     ? &coarse[site[i].size_class / COARSE]
                                     : &found[site[i].size_class];
    counter->count += site[i].alloc_objects;
    counter->bytes += site[i].alloc_bytes;
    objects += site[i].alloc_objects - site[i].free_objects;
    bytes += site[i].alloc_bytes - site[i].free_bytes;
  }
  const struct silt_count *lost = r->header->lost;
  uint64_t maybe = r->model->maybe.count + r->model->lent.count + r->result->in_flight;
  // What is in flight may be of any size.
  uint64_t maybe_bytes =
      r->result->in_flight ? UINT64_MAX : r->model->maybe.bytes + r->model->lent.bytes;
  struct silt_count unseen = {0};
  for (unsigned i = 0; i < MODEL_CLASSES; i++) {
    uint64_t made = r->model->allocated[i].count + r->model->ahead[i].count;
    uint64_t most = lost[SILT_LOST_NESTED].count + maybe + coarse[i / COARSE].count;
    if (!near(made, found[i].count, most))
      return refuse(r, "allocations of a size class", i, made, found[i].count);
    unseen.count += made - found[i].count;
    unseen.bytes += r->model->allocated[i].bytes + r->model->ahead[i].bytes - found[i].bytes;
  }
  for (unsigned i = 0; i < MODEL_CLASSES / COARSE; i++) {
    unseen.count -= coarse[i].count;
    unseen.bytes -= coarse[i].bytes;
  }
  if (!near(unseen.count, lost[SILT_LOST_NESTED].count, maybe))
    return refuse(r, "allocations in all", maybe, unseen.count, lost[SILT_LOST_NESTED].count);
  if (!near(unseen.bytes, lost[SILT_LOST_NESTED].bytes, maybe_bytes))
    return refuse(r, "bytes in all", maybe_bytes, unseen.bytes, lost[SILT_LOST_NESTED].bytes);
  // A call that a handler left may have counted at its site, and nowhere else.
  if (!near(objects, r->result->live, maybe))
    return refuse(r, "objects in use of the sites", maybe, r->result->live, objects);
  if (!near(bytes, r->result->live_bytes, maybe_bytes))
    return refuse(r, "bytes in use of the sites", maybe_bytes, r->result->live_bytes, bytes);
  return true;
}

static bool check_losses(struct reading *r) {
  static const unsigned none[] = {SILT_LOST_LIVE_FULL,  SILT_LOST_MODULES_FULL,
                                  SILT_LOST_NO_SESSION, SILT_LOST_TABLE_RACE,
                                  SILT_LOST_THREADS,    SILT_LOST_FRAMES_FULL};
  const struct silt_header *h = r->header;
  // A thread that a handler has left in a recording may seem to be in it still, when it creates
  // another one.
  bool left = r->model->maybe.count > 0;
  for (unsigned i = 0; i < sizeof none / sizeof *none; i++)
    if (h->lost[none[i]].count && !(left && none[i] == SILT_LOST_THREADS))
      return refuse(r, "lost without reason", none[i], 0, h->lost[none[i]].count);
  if (h->missed_frees.count) return refuse(r, "missed frees", 0, 0, h->missed_frees.count);
  if (h->lost[SILT_LOST_NESTED].count > r->model->nested.count)
    return refuse(r, "nested samples without handlers", 0, r->model->nested.count,
                  h->lost[SILT_LOST_NESTED].count);
  return true;
}

bool compare(struct compare *result, struct model *model, const void *session, size_t size) {
  static uint16_t pass;
  if (!++pass) pass = 1;
  struct reading r = {result, model, session, session, size, pass};
  result->live = result->live_bytes = result->missing = 0;
  if (model->full) return refuse(&r, "the model is full", 0, 0, 0);
  if (!check_frame(&r)) return false;
  result->nested = r.header->lost[SILT_LOST_NESTED].count;
  if (!check_losses(&r) || !check_live(&r)) return false;
  // Before that, the model does not know what the session began with.
  return !model->begun || (check_missing(&r) && check_sums(&r));
}

bool compare_reads(struct compare *result, const void *session, size_t size) {
  struct reading r = {.result = result, .header = session, .bytes = session, .size = size};
  return check_frame(&r);
}
