// SPDX-License-Identifier: Apache-2.0
//
// Hazards, and what stands against each:
//  - A dlclose frees what is being read: it announces itself and waits; the list is read only in a
//    section (listed_section_enter), which is refused while a dlclose is announced.
//  - The loader unloads by itself (a dlopen that fails, character sets of iconv). Then nothing is
//    announced. So each element of the list is probed before it is read and must lead back to the
//    one before; and of the objects only that is read which is the nearest below the address in
//    question: if it holds the address, it cannot be unloaded now.
//  - The table says what is no longer so. Before an entry is used, its element of the list and a
//    few bytes of the object are compared with what they were.
//  - The table lacks what was loaded since: then the last element that it knows is no longer the
//    last, or no longer an element.
//  - Two threads meet: one writes the table, the other makes do with what it reads for itself. A
//    slot's sequence is odd while it is written.
#define _GNU_SOURCE
#include "base/listed.h"

#include <elf.h>
#include <sys/auxv.h>

#include "base/libc.h"
#include "base/os.h"

#define LISTED_MAX 2048
#define LISTED_WORDS (LISTED_MAX / 64)
// A reader needs microseconds, once it runs. It is not given up before a second has passed.
#define LISTED_YIELDS 100
#define LISTED_RESTS 10000
#define LISTED_REST UINT64_C(100000)  // ns
#define LISTED_TRIES 3

struct listed {
  uint64_t map;  // its element of the list, a struct link_map
  uint64_t bias;
  uint64_t start, end;  // end 0: its headers have not been read yet. start 0: an empty slot
  uint64_t unwind_table;
  uint64_t check;  // tells it from another object at the same place
};

static struct listed_slot {
  uint32_t sequence;
  struct listed object;
} listed_slots[LISTED_MAX];
static uint32_t listed_used;     // slots that have ever been written
static uint32_t listed_writing;  // 1: a thread writes the table
static uint32_t listed_readers;  // threads in a section
static uint32_t listed_unloads;  // dlcloses that are running
static uint64_t listed_tail;     // the last element when the table was made; 0: make it again
static uint64_t listed_tail_bias;
static __thread uint32_t listed_unloading_here;

static bool listed_readable(uint64_t from, uint64_t size) {
  for (uint64_t at = from & ~UINT64_C(7); at < from + size; at = (at | 4095) + 1)
    if (!silt_os_readable(at)) return false;
  return true;
}

// ---- the section in which the loader's list and the objects' headers may be read

static bool listed_loader_rests(void) {
  return &_r_debug && load_acquire((const int *)&_r_debug.r_state) == RT_CONSISTENT;
}

static void listed_section_leave(struct silt_os_signals signals) {
  add_acq_rel(&listed_readers, -1u);  // pairs with the acquire in silt_listed_unload_begin
  silt_os_restore_signals(signals);
}

// With signals blocked: a handler that leaves by longjmp would leave a reader that never ends, and
// one that interrupts it could wait for it.
static bool listed_section_enter(struct silt_os_signals *signals) {
  if (!listed_loader_rests()) return false;
  *signals = silt_os_block_signals();
  add_relaxed(&listed_readers, 1u);
  fence_seq_cst();  // pairs with the fence in silt_listed_unload_begin
  if (!load_relaxed(&listed_unloads) && listed_loader_rests()) return true;
  listed_section_leave(*signals);
  return false;
}

// One element of the list. Not watched by the sanitizers: the loader writes it under a lock that we
// must not take, so what is read may be half made or already freed, and is checked.
__attribute__((no_sanitize("thread", "address"))) static bool listed_copy_element(
    uint64_t map, struct link_map *element) {
  const struct link_map *from = (const struct link_map *)map;
  if (!listed_readable(map, sizeof *from)) return false;
  // Acquires what the loader has written to the next element before it linked it.
  element->l_next = load_acquire(&from->l_next);
  element->l_prev = load_relaxed(&from->l_prev);
  element->l_addr = load_relaxed(&from->l_addr);
  element->l_name = load_relaxed(&from->l_name);
  return true;
}

// ---- the table

static struct listed listed_copy_slot(const struct listed *from) {
  return (struct listed){
      .map = load_acquire(&from->map),
      .bias = load_acquire(&from->bias),
      .start = load_acquire(&from->start),
      .end = load_acquire(&from->end),
      .unwind_table = load_acquire(&from->unwind_table),
      .check = load_acquire(&from->check),
  };
}

// Only by the thread that has set listed_writing.
static void listed_write(struct listed_slot *slot, const struct listed *object) {
  uint32_t sequence = load_relaxed(&slot->sequence);
  store_relaxed(&slot->sequence, sequence + 1);
  // Each release keeps the odd sequence before its field; they pair with listed_copy_slot's
  // acquires, the last with the acquire in listed_try_search.
  store_release(&slot->object.map, object->map);
  store_release(&slot->object.bias, object->bias);
  store_release(&slot->object.start, object->start);
  store_release(&slot->object.end, object->end);
  store_release(&slot->object.unwind_table, object->unwind_table);
  store_release(&slot->object.check, object->check);
  store_release(&slot->sequence, sequence + 2);
}

static bool listed_try_search(uint64_t address, struct listed *object, bool *empty) {
  uint64_t nearest = 0;
  const struct listed_slot *slot = NULL;
  for (uint32_t i = 0, used = load_acquire(&listed_used); i < used; i++) {
    uint64_t start = load_relaxed(&listed_slots[i].object.start);
    if (start > address || start <= nearest) continue;
    nearest = start;
    slot = &listed_slots[i];
  }
  *empty = !slot;
  if (!slot) return false;
  uint32_t sequence = load_acquire(&slot->sequence);
  *object = listed_copy_slot(&slot->object);
  return !(sequence & 1) && load_relaxed(&slot->sequence) == sequence && object->start == nearest;
}

// The nearest object that the table has at or below an address.
static bool listed_search(uint64_t address, struct listed *object) {
  bool empty = false;
  for (int i = 0; i < LISTED_TRIES && !empty; i++)
    if (listed_try_search(address, object, &empty)) return true;
  return false;
}

// ---- one object

// From the unwind table: where .eh_frame is and how many entries it has, so that what passes for
// the object has a table that can be read as the object's. From the ELF header: the length of the
// file. 0: they cannot be read.
static uint64_t listed_check(const struct listed *object) {
  uint64_t table = 0, length = 0;
  const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)object->bias;
  if (object->unwind_table) {
    if (!listed_readable(object->unwind_table, 12)) return 0;
    __builtin_memcpy(&table, (const void *)(object->unwind_table + 4), sizeof table);
  }
  if (object->start == object->bias) {
    if (!listed_readable((uintptr_t)&elf->e_shoff, sizeof elf->e_shoff)) return 0;
    length = elf->e_shoff;
  }
  return (silt_mix(table) ^ silt_mix(~length)) | 1;
}

// False where the headers are not where they must be.
static bool listed_read_headers(struct listed *object) {
  const ElfW(Phdr) * segments;
  uint64_t count;
  if (object->map == (uint64_t)load_relaxed(&_r_debug.r_map)) {
    segments = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    count = getauxval(AT_PHNUM);
  } else {
    const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)object->bias;
    if (!listed_readable(object->bias, sizeof *elf) ||
        __builtin_memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0 ||
        elf->e_phentsize != sizeof *segments)
      return false;
    segments = (const ElfW(Phdr) *)(object->bias + elf->e_phoff);
    count = elf->e_phnum;
    if (!listed_readable((uint64_t)segments, count * sizeof *segments)) return false;
  }
  uint64_t start = UINT64_MAX, end = 0, unwind_table = 0;
  for (uint64_t i = 0; i < count; i++) {
    uint64_t from = object->bias + segments[i].p_vaddr, to = from + segments[i].p_memsz;
    if (segments[i].p_type == PT_GNU_EH_FRAME) unwind_table = from;
    if (segments[i].p_type != PT_LOAD) continue;
    if (from < start) start = from;
    if (to > end) end = to;
  }
  object->start = start;
  object->end = end;
  object->unwind_table = unwind_table;
  object->check = listed_check(object);
  return end != 0 && object->check != 0;
}

static bool listed_is_element(const struct listed *object) {
  struct link_map element;
  return listed_copy_element(object->map, &element) && element.l_addr == object->bias;
}

static bool listed_is_still(const struct listed *object) {
  return listed_is_element(object) && listed_check(object) == object->check;
}

// ---- the list, in a section

static bool listed_fell_behind(void) {
  struct link_map last, before;
  uint64_t tail = load_relaxed(&listed_tail);
  if (!tail || !listed_copy_element(tail, &last) || last.l_next ||
      last.l_addr != load_relaxed(&listed_tail_bias))
    return true;
  return last.l_prev &&
         (!listed_copy_element((uint64_t)last.l_prev, &before) || (uint64_t)before.l_next != tail);
}

// The slot of an object, or a free one; NULL if there is none. `next` is where the one before was
// found: both are usually in the same order.
static struct listed_slot *listed_slot_for(const struct listed *object, uint32_t *next) {
  struct listed_slot *free = NULL;
  for (uint32_t n = 0; n < listed_used; n++) {
    uint32_t i = (*next + n) % listed_used;
    struct listed_slot *slot = &listed_slots[i];
    if (slot->object.start && slot->object.map == object->map &&
        slot->object.bias == object->bias) {
      *next = i + 1;
      return slot;
    }
    if (!slot->object.start) free = slot;
  }
  if (free || listed_used == LISTED_MAX) return free;
  return &listed_slots[listed_used];
}

// Brings one object of the list to the table, or the table's knowledge of it to *object.
static void listed_keep(struct listed *object, uint32_t *next, uint64_t *seen) {
  struct listed_slot *slot = listed_slot_for(object, next);
  if (!slot) return;
  if (slot->object.start && slot->object.map == object->map) {
    *object = slot->object;
  } else {
    listed_write(slot, object);
    // Pairs with the acquire in listed_try_search.
    if (slot == &listed_slots[listed_used]) store_release(&listed_used, listed_used + 1);
  }
  uint32_t i = (uint32_t)(slot - listed_slots);
  seen[i / 64] |= UINT64_C(1) << i % 64;
}

static void listed_drop_unseen(const uint64_t *seen) {
  for (uint32_t i = 0; i < listed_used; i++)
    if (!(seen[i / 64] >> i % 64 & 1) && listed_slots[i].object.start)
      listed_write(&listed_slots[i], &(struct listed){0});
}

// Reads the list from its beginning to its end; false if it changes meanwhile. Gives the nearest
// object at or below an address. `seen` is NULL, or a bit for each slot: then the table is
// brought up to date.
static bool listed_read(uint64_t address, struct listed *nearest, uint64_t *seen) {
  uint64_t map = (uint64_t)load_relaxed(&_r_debug.r_map);
  struct link_map element = {.l_addr = 0};
  uint64_t before = 0;
  uint32_t next = 0;
  for (uint32_t i = 0; map; i++) {
    if (i == LISTED_MAX || !listed_copy_element(map, &element) ||
        (uint64_t)element.l_prev != before)
      return false;
    struct listed object = {.map = map, .bias = element.l_addr, .start = element.l_addr};
    // The main program need not begin at its bias. Its headers never go away.
    if (!before) listed_read_headers(&object);
    if (seen && object.start) listed_keep(&object, &next, seen);
    if (object.start && object.start <= address && object.start > nearest->start) *nearest = object;
    before = map;
    map = (uint64_t)element.l_next;
  }
  if (!before || !listed_loader_rests()) return false;
  if (seen) {
    listed_drop_unseen(seen);
    store_relaxed(&listed_tail_bias, (uint64_t)element.l_addr);
    store_relaxed(&listed_tail, before);
  }
  return true;
}

static bool listed_begin_writing(void) {
  uint32_t none = 0;
  return cas_acq_rel(&listed_writing, &none, 1u);
}

static void listed_end_writing(void) {
  store_release(&listed_writing, 0u);  // pairs with the cas in listed_begin_writing
}

// The nearest object of the list at or below an address; false if there is none or the list cannot
// be read whole.
static bool listed_nearest(uint64_t address, struct listed *nearest) {
  if (!listed_fell_behind() && listed_search(address, nearest) && listed_is_element(nearest))
    return true;
  *nearest = (struct listed){0};
  uint64_t seen[LISTED_WORDS] = {0};
  bool writing = listed_begin_writing();
  bool whole = listed_read(address, nearest, writing ? seen : NULL);
  if (writing) listed_end_writing();
  return whole && nearest->start;
}

static bool listed_complete(struct listed *object) {
  if (object->end && listed_is_still(object)) return true;
  uint64_t start = object->start;
  if (!listed_read_headers(object) || object->start != start) return false;
  if (!listed_begin_writing()) return true;
  uint32_t next = 0;
  struct listed_slot *slot = listed_slot_for(object, &next);
  if (slot && slot->object.start) listed_write(slot, object);
  listed_end_writing();
  return true;
}

// ---- what objects.c asks

// What holds an address by the table alone.
static bool listed_known(uint64_t address, struct listed *object) {
  return listed_search(address, object) && object->end > address && listed_is_still(object);
}

static bool listed_look_up(uint64_t address, struct listed *object) {
  struct silt_os_signals signals;
  // After a dlclose, the list first: the table may have what is gone.
  bool made = load_relaxed(&listed_tail);
  if (made && listed_known(address, object)) return true;
  bool found = false, may_read = listed_section_enter(&signals);
  if (may_read) {
    found = listed_nearest(address, object) && listed_complete(object);
    // The loader has begun to load something, and the list was not read to its end.
    may_read = found || listed_loader_rests();
    listed_section_leave(signals);
  }
  if (!may_read) return !made && listed_known(address, object);
  return found && object->end > address;
}

bool silt_listed_find(uint64_t address, struct silt_object *object) {
  struct listed found;
  struct link_map element;
  if (!listed_look_up(address, &found) || !listed_copy_element(found.map, &element)) return false;
  *object = (struct silt_object){.start = found.start,
                                 .end = found.end,
                                 .bias = found.bias,
                                 .unwind_table = (const uint8_t *)found.unwind_table,
                                 .name = element.l_name};
  return true;
}

bool silt_listed_is_at(uint64_t address, uint64_t bias) {
  struct silt_os_signals signals;
  struct listed found;
  if (!listed_section_enter(&signals)) return false;
  bool is_at = listed_nearest(address, &found) && found.bias == bias;
  listed_section_leave(signals);
  return is_at;
}

void silt_listed_unload_begin(void) {
  listed_unloading_here++;
  add_relaxed(&listed_unloads, 1u);
  fence_seq_cst();  // pairs with the fence in listed_section_enter
  // Yields alone never let a reader of a lower real-time priority run.
  for (int i = 0; load_acquire(&listed_readers) && i < LISTED_YIELDS + LISTED_RESTS; i++) {
    if (i < LISTED_YIELDS)
      silt_os_yield();
    else
      silt_os_rest(LISTED_REST);
  }
}

void silt_listed_unload_end(void) {
  store_relaxed(&listed_tail, UINT64_C(0));
  add_acq_rel(&listed_unloads, -1u);
  listed_unloading_here--;
}

void silt_listed_after_fork(void) {
  store_relaxed(&listed_writing, 0u);
  store_relaxed(&listed_readers, 0u);
  store_relaxed(&listed_unloads, listed_unloading_here);
  store_relaxed(&listed_tail, UINT64_C(0));
  // A slot that another thread was writing would stay odd for ever.
  __builtin_memset(listed_slots, 0, sizeof listed_slots[0] * listed_used);
  store_relaxed(&listed_used, 0u);
}
