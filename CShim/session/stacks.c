// SPDX-License-Identifier: Apache-2.0
//
// The chains' heads are the process's own affair and stand outside the file. A forked child drops
// them, as it drops the session that they lead into.
#include "session/stacks.h"

#include "base/os.h"
#include "session/modules.h"
#include "session/owner.h"
#include "session/regions.h"

#define BUCKETS (1u << 14)

// Aligned to the largest page there is: else the kernel refuses to discard it.
static _Alignas(64 << 10) struct {
  uint32_t stacks[BUCKETS];
  uint32_t sites[BUCKETS];
} heads;
static uint32_t heads_generation;  // of the process whose session the heads lead into

static void follow_session(void) {
  uint32_t before = load_acquire(&heads_generation), now = silt_owner_generation();
  if (SILT_LIKELY(before == now)) return;
  silt_os_discard(&heads, sizeof heads);
  cas_acq_rel(&heads_generation, &before, now);
}

static struct silt_stack *stack_at(struct silt_header *header, uint32_t id) {
  return silt_region_at(header, SILT_REGION_STACKS, id);
}

// What a stack is interned by, but for its pcs.
static struct silt_stack describe(struct silt_header *header, const uint64_t *pcs, uint32_t depth,
                                  uint8_t end) {
  struct silt_stack stack = {
      .depth = (uint16_t)depth, .end = end, .epoch = load_relaxed(&header->epoch)};
  stack.hash = silt_stack_hash(pcs, depth, end, stack.epoch);
  return stack;
}

static bool is(const struct silt_stack *stack, const struct silt_stack *wanted,
               const uint64_t *pcs) {
  return stack->hash == wanted->hash && stack->depth == wanted->depth &&
         stack->end == wanted->end && stack->epoch == wanted->epoch &&
         __builtin_memcmp(stack + 1, pcs, wanted->depth * sizeof *pcs) == 0;
}

static uint32_t intern(struct silt_header *header, const struct silt_stack *wanted,
                       const uint64_t *pcs) {
  uint32_t *head = &heads.stacks[wanted->hash % BUCKETS];
  uint32_t first = load_acquire(head);
  for (uint32_t id = first; id; id = stack_at(header, id)->next)
    if (is(stack_at(header, id), wanted, pcs)) return id;

  silt_modules_note(header, pcs, wanted->depth);
  uint64_t id;
  if (!silt_region_claim(header, SILT_REGION_STACKS, 2 + wanted->depth, &id)) return 0;
  struct silt_stack *stack = stack_at(header, (uint32_t)id);
  __builtin_memcpy(stack + 1, pcs, wanted->depth * sizeof *pcs);
  *stack = *wanted;
  do {
    stack->next = first;
  } while (!cas_acq_rel(head, &first, (uint32_t)id));  // pairs with the acquire of head above
  return (uint32_t)id;
}

uint32_t silt_stacks_intern(struct silt_header *header, const uint64_t *pcs, uint32_t depth,
                            uint8_t end) {
  follow_session();
  struct silt_stack wanted = describe(header, pcs, depth, end);
  return intern(header, &wanted, pcs);
}

// The chain leads to the site at once, and the site to its stack: a cache line less to wait for
// than by way of the stack's id.
uint32_t silt_sites_find(struct silt_header *header, const uint64_t *pcs, uint32_t depth,
                         uint8_t end, uint64_t size, enum silt_lost *full) {
  follow_session();
  struct silt_stack wanted = describe(header, pcs, depth, end);
  uint32_t size_class = silt_size_class(size);
  uint32_t *head = &heads.sites[silt_mix((uint64_t)wanted.hash << 32 | size_class) % BUCKETS];
  uint32_t first = load_acquire(head);
  for (uint32_t id = first; id; id = silt_site_at(header, id)->next) {
    const struct silt_site *site = silt_site_at(header, id);
    if (site->stack_hash == wanted.hash && site->size_class == size_class &&
        is(stack_at(header, site->stack), &wanted, pcs))
      return id;
  }
  uint32_t stack = intern(header, &wanted, pcs);
  uint64_t id;
  *full = stack ? SILT_LOST_SITES_FULL : SILT_LOST_STACKS_FULL;
  if (!stack || !silt_region_claim(header, SILT_REGION_SITES, 1, &id)) return 0;
  struct silt_site *site = silt_site_at(header, (uint32_t)id);
  site->size_class = size_class;
  site->stack_hash = wanted.hash;
  store_release(&site->stack, stack);  // pairs with readers of the file
  do {
    site->next = first;
  } while (!cas_acq_rel(head, &first, (uint32_t)id));  // pairs with the acquire of head above
  return (uint32_t)id;
}
