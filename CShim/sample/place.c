// SPDX-License-Identifier: Apache-2.0
//
// See place.h. A stack is looked up as every tier would keep it, the fullest first, and added as
// the one that there is room for.
#include "sample/place.h"

#include "sample/fold.h"
#include "tables/pairs.h"
#include "tables/sites.h"
#include "tables/stacks.h"

// From a hash of all pcs, size class and interval to tier << 32 | site, and from one of all pcs to
// the stack if it is kept whole.
enum { CACHE_SETS = 16384 };
static struct silt_pairs place_cache = {.mask = 15, .most = CACHE_SETS - 1};

static uint64_t place_share(struct silt_header *header, enum silt_region_kind kind) {
  return silt_region_used(header, kind) * 64 / silt_region_capacity(kind);
}

// The fullest tier that a new stack may have: by the fuller of both regions. Whole stacks leave a
// quarter to the others.
static enum silt_tier place_tier_of_new(struct silt_header *header) {
  uint64_t stacks = place_share(header, SILT_REGION_STACKS);
  uint64_t sites = place_share(header, SILT_REGION_SITES);
  uint64_t share = stacks > sites ? stacks : sites;
  return share < 48   ? SILT_TIER_WHOLE
         : share < 60 ? SILT_TIER_FOLDED
         : share < 62 ? SILT_TIER_INNERMOST
         : share < 63 ? SILT_TIER_LEAF
                      : SILT_TIER_NONE;
}

// A stack on its way through the tiers.
struct attempt {
  uint64_t *pcs;
  uint32_t depth;  // of what is left of it
  uint8_t end;
  enum silt_tier tier;    // that it is now cut for
  enum silt_tier kept;    // what that comes to: WHOLE if nothing had to go
  enum silt_tier of_new;  // the first that may be added
};

static struct attempt attempt_first(struct silt_header *header, uint64_t *pcs, uint32_t depth,
                                    uint8_t end) {
  struct attempt attempt = {
      .pcs = pcs, .depth = depth, .end = end, .of_new = place_tier_of_new(header)};
  // Stacks that were cut share no root: each would be stored with all its frames.
  if ((end & ~SILT_END_GUESSED) == SILT_END_DEPTH && attempt.of_new == SILT_TIER_WHOLE)
    attempt.of_new = SILT_TIER_FOLDED;
  return attempt;
}

// Cuts it for the next tier; false when only NONE is left.
static bool attempt_next(struct attempt *attempt, const struct silt_moment *moment) {
  uint32_t before = attempt->depth;
  switch (++attempt->tier) {
    case SILT_TIER_FOLDED:
      attempt->depth = silt_fold(attempt->pcs, before, moment);
      attempt->pcs += before - attempt->depth;
      break;
    case SILT_TIER_INNERMOST:
      if (before > SILT_INNERMOST) attempt->depth = SILT_INNERMOST;
      break;
    case SILT_TIER_LEAF:
      if (before > 1) attempt->depth = 1;
      break;
    default:
      return false;
  }
  if (attempt->depth < before) attempt->kept = attempt->tier;
  return true;
}

static uint32_t attempt_stack(struct silt_header *header, const struct attempt *attempt,
                              const uint64_t *marks, const struct silt_moment *moment) {
  struct silt_trace trace = {attempt->pcs, attempt->depth,
                             silt_stack_root(attempt->kept, attempt->end)};
  return silt_stacks_find(header, &trace, marks, moment, attempt->tier >= attempt->of_new);
}

// The same of the whole stack, by the hash of its pcs: it is known, mostly, and only its size class
// is new.
static uint32_t attempt_whole(struct silt_header *header, const struct attempt *attempt,
                              uint64_t hash, const uint64_t *marks,
                              const struct silt_moment *moment) {
  uint64_t key = silt_mix(~hash);  // not that of a site of class 0
  uint32_t stack = moment->settled ? (uint32_t)silt_pairs_get(&place_cache, key) : 0;
  if (stack) return stack;
  stack = attempt_stack(header, attempt, marks, moment);
  if (stack && moment->settled) silt_pairs_put(&place_cache, key, stack);
  return stack;
}

static uint32_t attempt_site(struct silt_header *header, const struct attempt *attempt,
                             uint32_t stack, uint32_t interval, uint32_t size_class) {
  struct silt_site_key key = {stack, (uint16_t)size_class, (uint8_t)interval, 0};
  bool add = attempt->tier >= attempt->of_new;
  bool roomy = place_tier_of_new(header) == SILT_TIER_WHOLE;
  uint32_t site = silt_sites_find(header, &key, add && roomy);
  if (site || roomy) return site;
  key.size_class &= (uint16_t)~7u;
  key.flags = SILT_SITE_COARSE;
  return silt_sites_find(header, &key, add);
}

static SILT_COLD struct silt_place place_slow(struct silt_header *header, struct attempt attempt,
                                              uint64_t hash, const uint64_t *marks,
                                              const struct silt_moment *moment, uint32_t interval,
                                              uint32_t size_class) {
  uint32_t stack = attempt_whole(header, &attempt, hash, marks, moment);
  for (;;) {
    uint32_t site = stack ? attempt_site(header, &attempt, stack, interval, size_class) : 0;
    if (site) return (struct silt_place){site, attempt.kept};
    if (!attempt_next(&attempt, moment)) break;
    stack = attempt_stack(header, &attempt, NULL, moment);
  }
  return (struct silt_place){silt_sites_overflow(header, interval, size_class), SILT_TIER_NONE};
}

struct silt_place silt_place_site(struct silt_header *header, uint64_t *pcs, uint32_t depth,
                                  uint8_t end, uint64_t size, uint32_t interval,
                                  const struct silt_moment *moment) {
  uint64_t marks[SILT_MARKS];
  struct silt_trace trace = {pcs, depth, silt_stack_root(SILT_TIER_WHOLE, end)};
  uint32_t size_class = silt_size_class(size);
  uint64_t hash = silt_stacks_mark(&trace, moment, marks);
  uint64_t key = silt_mix(hash ^ (uint64_t)size_class << 40 ^ (uint64_t)interval << 56);
  uint64_t known = moment->settled ? silt_pairs_get(&place_cache, key) : 0;
  if (SILT_LIKELY(known))
    return (struct silt_place){(uint32_t)known, (enum silt_tier)(known >> 32)};
  struct attempt attempt = attempt_first(header, pcs, depth, end);
  struct silt_place place = place_slow(header, attempt, hash, marks, moment, interval, size_class);
  // One that had to be cut only because the disk is full may find room the next time.
  if (moment->settled && place.tier <= attempt.of_new)
    silt_pairs_put(&place_cache, key, (uint64_t)place.tier << 32 | place.id);
  return place;
}

struct silt_place silt_place_stack(struct silt_header *header, uint64_t *pcs, uint32_t depth,
                                   uint8_t end, const struct silt_moment *moment) {
  uint64_t marks[SILT_MARKS];
  struct silt_trace trace = {pcs, depth, silt_stack_root(SILT_TIER_WHOLE, end)};
  struct attempt attempt = attempt_first(header, pcs, depth, end);
  uint64_t hash = silt_stacks_mark(&trace, moment, marks);
  uint32_t stack = attempt_whole(header, &attempt, hash, marks, moment);
  while (!stack && attempt_next(&attempt, moment))
    stack = attempt_stack(header, &attempt, NULL, moment);
  if (stack) return (struct silt_place){stack, attempt.kept};
  return (struct silt_place){silt_stack_root(SILT_TIER_NONE, end), SILT_TIER_NONE};
}
