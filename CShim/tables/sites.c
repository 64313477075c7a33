// SPDX-License-Identifier: Apache-2.0
//
// See sites.h.
#include "tables/sites.h"

#include "session/regions.h"
#include "tables/heads.h"
#include "tables/stacks.h"

static uint64_t site_hash(const struct silt_site_key *key) {
  uint32_t kind = (uint32_t)key->size_class << 16 | (uint32_t)key->interval << 8 | key->flags;
  return silt_mix((uint64_t)key->stack << 32 | kind);
}

static bool site_is(const struct silt_site *site, const struct silt_site_key *key) {
  return load_acquire(&site->stack) == key->stack && site->size_class == key->size_class &&
         site->interval == key->interval && site->flags == key->flags;
}

static uint32_t site_lookup(struct silt_header *header, const struct silt_site_key *key) {
  uint64_t hash = site_hash(key);
  uint64_t used = silt_region_used(header, SILT_REGION_SITES);
  uint32_t levels = silt_heads_levels(SILT_CHAIN_SITES, used);
  for (uint32_t level = 0; level < levels; level++) {
    uint32_t id = silt_heads_first(SILT_CHAIN_SITES, level, hash);
    uint32_t left = silt_heads_longest(SILT_CHAIN_SITES, used);
    // A head of another session may lead anywhere: see the fork in a handler in session/owner.h.
    for (; id && left-- > 0 && id < silt_region_used(header, SILT_REGION_SITES);
         id = load_relaxed(&silt_site_at(header, id)->next))
      if (site_is(silt_site_at(header, id), key)) return id;
  }
  return 0;
}

static uint32_t site_append(struct silt_header *header, const struct silt_site_key *key) {
  uint64_t id;
  uint32_t frames[SILT_MAX_DEPTH], root;
  if (!silt_region_claim(header, SILT_REGION_SITES, 1, &id)) return 0;
  struct silt_site *site = silt_site_at(header, (uint32_t)id);
  uint32_t depth = silt_stacks_read(header, key->stack, frames, &root);
  site->size_class = key->size_class;
  site->interval = key->interval;
  site->flags = key->flags;
  site->stack_hash = silt_stack_hash(frames, depth, root);
  store_release(&site->stack, key->stack);  // pairs with site_is(), and with readers of the file
  silt_heads_push(SILT_CHAIN_SITES, site_hash(key), (uint32_t)id, &site->next, 0);
  return (uint32_t)id;
}

uint32_t silt_sites_find(struct silt_header *header, const struct silt_site_key *key, bool add) {
  silt_heads_follow_session();
  uint32_t id = site_lookup(header, key);
  return id || !add ? id : site_append(header, key);
}

uint32_t silt_sites_overflow(struct silt_header *header, uint32_t interval, uint32_t size_class) {
  uint32_t id = header->intervals[interval].overflow + size_class / 8;
  struct silt_site *site = silt_site_at(header, id);
  if (load_acquire(&site->stack)) return id;
  // Whoever does it at the same time writes the same.
  uint32_t root = silt_stack_root(SILT_TIER_NONE, SILT_END_COMPLETE);
  store_relaxed(&site->size_class, (uint16_t)(size_class & ~7u));
  store_relaxed(&site->interval, (uint8_t)interval);
  store_relaxed(&site->flags, (uint8_t)SILT_SITE_COARSE);
  store_relaxed(&site->stack_hash, silt_stack_hash(NULL, 0, root));
  store_release(&site->stack, root);  // pairs with the acquire above, and with readers
  return id;
}
