// SPDX-License-Identifier: Apache-2.0
//
// Reads an object's facts from its own program headers in memory; no file is opened.
#include "tables/modules.h"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include "base/objects.h"
#include "base/os.h"
#include "session/regions.h"
#include "session/session.h"

// Where the shim lies: all of libsilt.so, or the section that its code has in a program.
#ifdef SILT_LINKED
#define OWN_START __start_silt_text
#define OWN_END __stop_silt_text
#else
#define OWN_START __ehdr_start
#define OWN_END _end
#endif
extern const char OWN_START[] SILT_HIDDEN, OWN_END[] SILT_HIDDEN;

bool silt_modules_is_own(uint64_t pc) {
  return pc - (uintptr_t)OWN_START < (uint64_t)(OWN_END - OWN_START);
}

static struct silt_module *module_at(struct silt_header *header, uint64_t i) {
  return silt_region_at(header, SILT_REGION_MODULES, i);
}

static uint64_t module_frame_word(uint64_t index, uint64_t address) {
  return (index + 1) << SILT_FRAME_SHIFT | (address & SILT_FRAME_MASK);
}

// Whether another object lies where a module lay: libc unloads character sets without a dlclose of
// ours, and so does a library that was loaded with RTLD_DEEPBIND.
static bool module_was_replaced(uint64_t pc, uint64_t bias) {
  struct silt_object object;
  return silt_objects_find(pc, &object) && object.bias != bias;
}

// The frame word of a pc by where modules are known to lie; 0: none is known to lie there.
static uint64_t module_frame_by_place(struct silt_header *header, uint64_t pc) {
  uint64_t count = silt_region_count(header, SILT_REGION_MODULES);
  for (uint64_t i = 0; i < count; i++) {
    struct silt_module *module = module_at(header, i);
    if (!load_acquire(&module->published) || !load_acquire(&module->loaded)) continue;
    uint64_t bias = load_relaxed(&module->bias), address = pc - bias;
    if (address < module->start || address >= module->end) continue;
    if (!module_was_replaced(pc, bias)) return module_frame_word(i, address);
    store_relaxed(&module->loaded, 0u);
  }
  return 0;
}

static void module_read_build_id(struct silt_module *module, const char *notes, size_t size) {
  while (size >= sizeof(ElfW(Nhdr))) {
    const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)notes;
    size_t name = (note->n_namesz + 3u) & ~(size_t)3, text = (note->n_descsz + 3u) & ~(size_t)3;
    if (size < sizeof *note + name + text) return;
    if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4) {
      uint32_t length = note->n_descsz < SILT_BUILD_ID_MAX ? note->n_descsz : SILT_BUILD_ID_MAX;
      __builtin_memcpy(module->build_id, notes + sizeof *note + name, length);
      module->build_id_size = length;
      return;
    }
    notes += sizeof *note + name + text;
    size -= sizeof *note + name + text;
  }
}

struct segments {
  const ElfW(Phdr) * first;
  size_t count;
};

// What a file says of itself need not be in memory: tools that edit ELF files move the headers
// behind everything that is loaded.
static bool module_is_readable(uintptr_t from, size_t size) {
  for (uintptr_t at = from & ~(uintptr_t)7; at < from + size; at = (at | 4095) + 1)
    if (!silt_os_readable(at)) return false;
  return true;
}

// The program headers of a loaded object. The loader's look-up may answer with one segment's bounds
// instead of the object's, so the ELF header is read only where it must lie: at the load address of
// an object linked at 0. The main program's are known from the kernel.
static struct segments module_segments(const struct silt_object *object) {
  if (!object->name[0])
    return (struct segments){(const ElfW(Phdr) *)getauxval(AT_PHDR), getauxval(AT_PHNUM)};
  const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)object->start;
  if (object->start != object->bias || __builtin_memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0)
    return (struct segments){NULL, 0};
  uintptr_t first = (uintptr_t)elf + elf->e_phoff;
  size_t size = elf->e_phnum * sizeof(ElfW(Phdr));
  if (first + size > object->end || !module_is_readable(first, size))
    return (struct segments){NULL, 0};
  return (struct segments){(const ElfW(Phdr) *)first, elf->e_phnum};
}

static void module_read_headers(struct silt_module *module, struct segments segments) {
  if (segments.count) module->start = UINT64_MAX, module->end = 0;
  for (size_t i = 0; i < segments.count; i++) {
    const ElfW(Phdr) *segment = &segments.first[i];
    uint64_t start = segment->p_vaddr, end = start + segment->p_memsz;
    if (segment->p_type == PT_NOTE && !module->build_id_size &&
        module_is_readable(module->bias + start, segment->p_memsz))
      module_read_build_id(module, (const char *)(module->bias + start), segment->p_memsz);
    if (segment->p_type != PT_LOAD) continue;
    if (start < module->start) module->start = start;
    if (end > module->end) module->end = end;
    if (module->text_end || !(segment->p_flags & PF_X)) continue;
    module->text_start = start;
    module->text_end = end;
    module->text_offset = segment->p_offset;
  }
}

// The main program has no name of its own in the loader's list.
static const char *module_path(struct silt_header *header, const struct silt_object *object) {
  return object->name[0] ? object->name : header->exe;
}

// Enough of an object's unwind table to tell one build from the next.
#define MODULE_HASHED_TABLE (UINT64_C(64) << 10)

static uint64_t module_table_hash(uint64_t sum, const struct silt_module *module,
                                  struct segments segments) {
  for (size_t i = 0; i < segments.count; i++) {
    const ElfW(Phdr) *segment = &segments.first[i];
    uint64_t size = segment->p_memsz < MODULE_HASHED_TABLE ? segment->p_memsz : MODULE_HASHED_TABLE;
    uint64_t at = module->bias + segment->p_vaddr;
    if (segment->p_type == PT_GNU_EH_FRAME && module_is_readable(at, size))
      sum = silt_checksum(sum, (const void *)at, size);
  }
  return sum;
}

static uint64_t module_identity(const struct silt_module *module, struct segments segments,
                                const char *path) {
  uint64_t sum = silt_checksum(segments.count ? 0 : silt_mix(module->end - module->start),
                               segments.first, segments.count * sizeof *segments.first);
  if (module->build_id_size) return silt_checksum(sum, module->build_id, module->build_id_size);
  return module_table_hash(silt_checksum(sum, path, __builtin_strlen(path)), module, segments);
}

static bool module_is_same(const struct silt_module *a, const struct silt_module *b) {
  return a->identity == b->identity && a->build_id_size == b->build_id_size &&
         __builtin_memcmp(a->build_id, b->build_id, a->build_id_size) == 0;
}

static bool module_find_same(struct silt_header *header, const struct silt_module *wanted,
                             uint64_t *index) {
  uint64_t count = silt_region_count(header, SILT_REGION_MODULES);
  for (uint64_t i = 0; i < count; i++) {
    const struct silt_module *module = module_at(header, i);
    if (!load_acquire(&module->published) || !module_is_same(module, wanted)) continue;
    *index = i;
    return true;
  }
  return false;
}

// A module without a path, where the strings are full, still has its build id.
static void module_write_path(struct silt_header *header, struct silt_module *module,
                              const char *path) {
  uint32_t size = (uint32_t)__builtin_strlen(path);
  uint64_t at;
  if (!silt_region_claim(header, SILT_REGION_STRINGS, size, &at)) {
    silt_session_lose(header, SILT_LOST_MODULES_FULL, 0);
    return;
  }
  __builtin_memcpy(silt_region_at(header, SILT_REGION_STRINGS, at), path, size);
  module->path = (uint32_t)at;
  module->path_size = size;
}

static bool module_record(struct silt_header *header, struct silt_module *fresh, const char *path,
                          uint64_t *index) {
  if (silt_region_count(header, SILT_REGION_MODULES) >= SILT_MODULES_MAX ||
      !silt_region_claim(header, SILT_REGION_MODULES, 1, index)) {
    silt_session_lose(header, SILT_LOST_MODULES_FULL, 0);
    return false;
  }
  module_write_path(header, fresh, path);
  struct silt_module *module = module_at(header, *index);
  *module = *fresh;
  store_release(&module->published, 1u);  // pairs with who looks through the table, and readers
  return true;
}

// The frame word of a pc by what holds it: a module that is new, that has come back, or that lies
// in two places at once. The bare pc where nothing does, and where there is no room.
static uint64_t module_frame_by_identity(struct silt_header *header, uint64_t pc) {
  struct silt_object object;
  uint64_t index;
  if (!silt_objects_find(pc, &object)) return pc & SILT_FRAME_MASK;
  uint64_t bias = object.bias;
  struct silt_module fresh = {
      .bias = bias, .start = object.start - bias, .end = object.end - bias, .loaded = 1};
  struct segments segments = module_segments(&object);
  const char *path = module_path(header, &object);
  module_read_headers(&fresh, segments);
  fresh.identity = module_identity(&fresh, segments, path);
  if (module_find_same(header, &fresh, &index)) {
    store_relaxed(&module_at(header, index)->bias, bias);
    store_release(&module_at(header, index)->loaded, 1u);  // pairs with module_frame_by_place
  } else if (!module_record(header, &fresh, path, &index)) {
    return pc & SILT_FRAME_MASK;
  }
  return module_frame_word(index, pc - bias);
}

uint64_t silt_modules_frame(struct silt_header *header, uint64_t pc, bool settled) {
  uint64_t word = settled ? module_frame_by_place(header, pc) : 0;
  return word ? word : module_frame_by_identity(header, pc);
}

void silt_modules_unloaded(struct silt_header *header) {
  for (uint64_t i = 0; i < silt_region_count(header, SILT_REGION_MODULES); i++) {
    struct silt_module *module = module_at(header, i);
    if (!load_acquire(&module->published) || !load_relaxed(&module->loaded)) continue;
    uint64_t bias = load_relaxed(&module->bias);
    uint64_t inside = bias + (module->text_end ? module->text_start : module->start);
    if (!silt_objects_is_at(inside, bias)) store_relaxed(&module->loaded, 0u);
  }
}
