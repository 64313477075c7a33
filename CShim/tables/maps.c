// SPDX-License-Identifier: Apache-2.0
//
// The mappings in the order of their addresses, none upon another, as a skip list outside the file.
// Node n belongs to element n - 1 of the region. Nothing is read back from the region, which others
// may write to.
#define _GNU_SOURCE
#include "tables/maps.h"

#include <sys/mman.h>

#include "base/os.h"
#include "session/owner.h"
#include "session/regions.h"
#include "session/session.h"

// On each level a quarter of the nodes of the one below.
enum { MAPS_LEVELS = 8, MAPS_QUEUE = 2048 };

struct maps_node {
  struct silt_mapping facts;
  uint64_t born;  // silt_maps_order(); pieces of one mapping share it
  uint32_t next[MAPS_LEVELS];
};

// Free in turn 2k, full in turn 2k + 1 of its k-th use.
struct maps_entry {
  uint64_t turn;
  struct silt_maps_change change;
};

static struct maps {
  struct maps_node nodes[SILT_MAPS_MAX + 1];  // 0: before the first, and no node
  struct maps_entry queue[MAPS_QUEUE];
  uint64_t tail, head;  // queued and applied so far
  uint64_t given_up;    // head + 1 when a full queue was last waited for in vain
  uint64_t drawn;       // levels
  uint32_t busy;        // somebody applies
  uint32_t made;        // nodes that were ever used
  uint32_t unused;      // of these, a list of what is not in use now
} * maps;

uint64_t silt_maps_size(void) {
  return sizeof *maps;
}

void silt_maps_open(void *memory) {
  maps = memory;
}

static uint64_t maps_orders;

uint64_t silt_maps_order(void) {
  return add_acq_rel(&maps_orders, UINT64_C(1)) + 1;
}

// ---- one mapping

static uint64_t maps_end(const struct maps_node *node) {
  return node->facts.address + node->facts.size;
}

static struct silt_mapping *maps_element(struct silt_header *header, uint32_t n) {
  return silt_region_at(header, SILT_REGION_MAPPINGS, n - 1);
}

static void maps_hide(struct silt_header *header, uint32_t n) {
  store_relaxed(&maps_element(header, n)->address, (uint64_t)SILT_LIVE_BUSY);
  // Pairs with readers of the file, which look at the address again after copying.
  fence_release();
}

// Every field is stored atomically: a dump may copy the element at the same time.
static void maps_show(struct silt_header *header, uint32_t n) {
  struct silt_mapping *element = maps_element(header, n);
  const struct silt_mapping *facts = &maps->nodes[n].facts;
  maps_hide(header, n);
  store_relaxed(&element->size, facts->size);
  store_relaxed(&element->time, facts->time);
  store_relaxed(&element->stack, facts->stack);
  store_relaxed(&element->thread, facts->thread);
  store_relaxed(&element->protection, facts->protection);
  store_relaxed(&element->flags, facts->flags);
  store_relaxed(&element->check, silt_mapping_check(facts));
  store_release(&element->address, facts->address);  // pairs with readers of the file
}

// ---- the list

// The last node of each level that begins before an address.
struct maps_path {
  uint32_t at[MAPS_LEVELS];
};

static struct maps_path maps_find(uint64_t address) {
  struct maps_path path;
  uint32_t n = 0;
  for (int level = MAPS_LEVELS; level-- > 0;) {
    for (uint32_t next; (next = maps->nodes[n].next[level]) != 0; n = next)
      if (maps->nodes[next].facts.address >= address) break;
    path.at[level] = n;
  }
  return path;
}

// 0 if there is no room.
static uint32_t maps_claim(struct silt_header *header) {
  uint32_t n = maps->unused;
  if (n) {
    maps->unused = maps->nodes[n].next[0];
    return n;
  }
  if (maps->made == SILT_MAPS_MAX ||
      !silt_region_back(header, SILT_REGION_MAPPINGS, (uint64_t)maps->made + 1))
    return 0;
  n = ++maps->made;
  store_release(&header->regions[SILT_REGION_MAPPINGS].used, (uint64_t)n);
  return n;
}

static void maps_add(struct silt_header *header, const struct silt_mapping *facts, uint64_t born) {
  uint32_t n = maps_claim(header);
  if (!n) {
    silt_session_lose(header, SILT_LOST_MAPPINGS, facts->size);
    return;
  }
  struct maps_node *node = &maps->nodes[n];
  struct maps_path path = maps_find(facts->address);
  *node = (struct maps_node){.facts = *facts, .born = born};
  // Two bits of chance for each level above the lowest.
  uint64_t chance = silt_mix(++maps->drawn) | UINT64_C(1) << 2 * (MAPS_LEVELS - 1);
  for (int level = 0; level <= __builtin_ctzll(chance) / 2; level++) {
    uint32_t *before = &maps->nodes[path.at[level]].next[level];
    node->next[level] = *before;
    *before = n;
  }
  maps_show(header, n);
}

static void maps_remove(struct silt_header *header, uint32_t n) {
  struct maps_node *node = &maps->nodes[n];
  struct maps_path path = maps_find(node->facts.address);
  for (int level = 0; level < MAPS_LEVELS; level++) {
    uint32_t *before = &maps->nodes[path.at[level]].next[level];
    if (*before == n) *before = node->next[level];
  }
  store_release(&maps_element(header, n)->address, (uint64_t)SILT_LIVE_EMPTY);
  node->next[0] = maps->unused;
  maps->unused = n;
}

// Makes it [start, end), which lies within what it is.
static void maps_trim(struct silt_header *header, uint32_t n, uint64_t start, uint64_t end) {
  maps->nodes[n].facts.address = start;
  maps->nodes[n].facts.size = end - start;
  maps_show(header, n);
}

// Cuts the mapping that lies around an address in two, if it was made before that moment.
static void maps_cut(struct silt_header *header, uint64_t address, uint64_t before) {
  uint32_t n = maps_find(address).at[0];
  struct maps_node *node = &maps->nodes[n];
  if (!n || maps_end(node) <= address || node->born >= before) return;
  struct silt_mapping rest = node->facts;
  rest.address = address;
  rest.size = maps_end(node) - address;
  maps_trim(header, n, node->facts.address, address);
  maps_add(header, &rest, node->born);
}

// The first that begins in [start, end) and was made before that moment; 0: none.
static uint32_t maps_first(uint64_t start, uint64_t end, uint64_t before) {
  uint32_t n = maps->nodes[maps_find(start).at[0]].next[0];
  while (n && maps->nodes[n].facts.address < end && maps->nodes[n].born >= before)
    n = maps->nodes[n].next[0];
  return n && maps->nodes[n].facts.address < end ? n : 0;
}

// ---- changes

static void maps_clear(struct silt_header *header, uint64_t start, uint64_t end, uint64_t before) {
  uint32_t n = maps_find(start).at[0];
  if (n && maps->nodes[n].born < before && maps_end(&maps->nodes[n]) > start) {
    // Only a hole in the middle needs a new element.
    if (maps_end(&maps->nodes[n]) > end) maps_cut(header, end, before);
    maps_trim(header, n, maps->nodes[n].facts.address, start);
  }
  while ((n = maps_first(start, end, before)) != 0)
    if (maps_end(&maps->nodes[n]) > end)
      maps_trim(header, n, end, maps_end(&maps->nodes[n]));
    else
      maps_remove(header, n);
}

static bool maps_is_reserved(uint32_t protection) {
  return protection == PROT_NONE;
}

// Joins a piece with the one before it, if both are of one mapping and of one kind again.
static void maps_join(struct silt_header *header, uint64_t address) {
  uint32_t a = maps_find(address).at[0], b = maps->nodes[a].next[0];
  if (!a || !b) return;
  struct maps_node *left = &maps->nodes[a], *right = &maps->nodes[b];
  if (left->born != right->born || maps_end(left) != right->facts.address ||
      right->facts.address != address ||
      maps_is_reserved(left->facts.protection) != maps_is_reserved(right->facts.protection))
    return;
  uint64_t end = maps_end(right);
  maps_remove(header, b);
  maps_trim(header, a, left->facts.address, end);
}

// Only from reserved to accessible and back: what is written and what is run are not told apart.
static void maps_protect(struct silt_header *header, const struct silt_maps_change *change) {
  uint64_t at = change->start, end = at + change->size;
  bool reserved = maps_is_reserved(change->protection);
  uint32_t n = maps_find(at).at[0];
  if (n && maps_is_reserved(maps->nodes[n].facts.protection) != reserved)
    maps_cut(header, at, change->before);
  while ((n = maps_first(at, end, change->before)) != 0) {
    struct maps_node *node = &maps->nodes[n];
    uint64_t start = node->facts.address;
    if (maps_is_reserved(node->facts.protection) != reserved) {
      maps_cut(header, end, change->before);
      node->facts.protection = change->protection;
      maps_show(header, n);
    }
    at = maps_end(node);
    maps_join(header, at);
    maps_join(header, start);
  }
}

// Protection and flags are those of what it came of, if that is known.
static void maps_inherit(const struct silt_maps_change *change, struct silt_mapping *facts) {
  uint32_t n = maps_find(change->from + 1).at[0];
  if (!n || maps_end(&maps->nodes[n]) <= change->from) return;
  facts->protection = maps->nodes[n].facts.protection;
  facts->flags = maps->nodes[n].facts.flags;
}

static void maps_make(struct silt_header *header, const struct silt_maps_change *change) {
  struct silt_mapping facts = {.address = change->start,
                               .size = change->size,
                               .time = change->time,
                               .stack = change->stack,
                               .thread = change->thread,
                               .protection = change->protection,
                               .flags = change->flags};
  if (change->kind != SILT_MAPS_MAKE) {
    facts.protection = PROT_READ | PROT_WRITE;
    facts.flags = 0;
    maps_inherit(change, &facts);
  }
  if (change->kind == SILT_MAPS_MOVE)
    maps_clear(header, change->from, change->from + change->from_size, change->before);
  // Whatever was known to lie here is gone, whether that was seen or not.
  maps_clear(header, change->start, change->start + change->size, UINT64_MAX);
  if (change->size >= SILT_MAPPING_LEAST) maps_add(header, &facts, change->born);
}

static void maps_apply(struct silt_header *header, const struct silt_maps_change *change) {
  switch (change->kind) {
    case SILT_MAPS_UNMAP:
      maps_clear(header, change->start, change->start + change->size, change->before);
      break;
    case SILT_MAPS_PROTECT:
      maps_protect(header, change);
      break;
    default:
      maps_make(header, change);
      break;
  }
}

// ---- the queue

static bool maps_queue(const struct silt_maps_change *change) {
  uint64_t at = load_relaxed(&maps->tail);
  for (;;) {
    struct maps_entry *entry = &maps->queue[at % MAPS_QUEUE];
    uint64_t turn = load_acquire(&entry->turn), free = at / MAPS_QUEUE * 2;
    if (turn < free) return false;
    if (turn > free) {
      at = load_relaxed(&maps->tail);
    } else if (cas_relaxed(&maps->tail, &at, at + 1)) {
      entry->change = *change;
      store_release(&entry->turn, free + 1);  // pairs with the acquire in maps_next
      return true;
    }
  }
}

static struct maps_entry *maps_next(void) {
  struct maps_entry *entry = &maps->queue[load_relaxed(&maps->head) % MAPS_QUEUE];
  uint64_t full = load_relaxed(&maps->head) / MAPS_QUEUE * 2 + 1;
  return load_acquire(&entry->turn) == full ? entry : NULL;
}

// Of others too, but not for ever.
enum { MAPS_HELP = 1024 };

static void maps_work(struct silt_header *header) {
  struct maps_entry *entry;
  for (int left = MAPS_HELP; left > 0 && (entry = maps_next()) != NULL;) {
    uint32_t nobody = 0;
    if (!cas_acq_rel(&maps->busy, &nobody, 1u)) return;
    for (; left > 0 && (entry = maps_next()) != NULL; left--) {
      struct silt_maps_change change = entry->change;
      uint64_t turn = load_relaxed(&entry->turn);
      add_relaxed(&maps->head, UINT64_C(1));
      store_release(&entry->turn, turn + 1);  // pairs with the acquire in maps_queue
      maps_apply(header, &change);
    }
    store_release(&maps->busy, 0u);  // pairs with the exchange above
    // Who has queued something since, and found us at work, has left it to us: either of the two
    // sees the other.
    fence_seq_cst();
  }
}

// ---- forks

// The generation of the process whose session the nodes are in, times two; one more while they are
// being cleared.
static uint64_t maps_generation;

// In the first call of a child; others are turned away meanwhile, and so are all of a thread that
// will return into a change which it was forked out of: that would find other nodes.
static bool maps_follow_session(void) {
  uint64_t before = load_acquire(&maps_generation), now = (uint64_t)silt_owner_generation() * 2;
  if (SILT_LIKELY(before == now)) return true;
  if (silt_thread.changing) return false;
  if (before == now + 1 || !cas_acq_rel(&maps_generation, &before, now + 1)) return false;
  silt_os_discard(maps, sizeof *maps);
  store_release(&maps_generation, now);  // pairs with the acquire above
  return true;
}

// How often a full queue is waited for, each time twice as long as before: 50 ms. Whoever applies
// has been put off the processor, and gets it back when the others rest, as with the kernel's own
// lock on mappings; many that look again too soon would keep it from that.
enum { MAPS_PATIENCE = 10, MAPS_FIRST_REST = 50000 };

static bool maps_change(struct silt_header *header, const struct silt_maps_change *change) {
  for (int i = 0; !maps_queue(change); i++) {
    uint64_t stands = load_relaxed(&maps->head) + 1;
    if (load_relaxed(&maps->given_up) == stands || silt_os_is_stopped()) return false;
    if (i == MAPS_PATIENCE) store_relaxed(&maps->given_up, stands);
    silt_os_rest((uint64_t)MAPS_FIRST_REST << (i < MAPS_PATIENCE ? i : MAPS_PATIENCE - 1));
    maps_work(header);
  }
  fence_seq_cst();  // pairs with the fence in maps_work
  maps_work(header);
  return true;
}

void silt_maps_change(struct silt_header *header, const struct silt_maps_change *change) {
  bool changed = false;
  if (maps && maps_follow_session()) {
    silt_thread.changing++;
    signal_fence();
    changed = maps_change(header, change);
    signal_fence();
    silt_thread.changing--;
  }
  // What is too small was never in the table.
  if (!changed && change->size >= SILT_MAPPING_LEAST)
    silt_session_lose(header, SILT_LOST_MAPPINGS, change->size);
}
