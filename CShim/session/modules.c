// SPDX-License-Identifier: Apache-2.0
//
// Reads an object's facts from its own program headers in memory; no file is opened.
#include "session/modules.h"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include "base/objects.h"
#include "base/os.h"
#include "session/regions.h"
#include "session/session.h"

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const char _end[] __attribute__((visibility("hidden")));

bool silt_modules_is_own(uint64_t pc) {
  return pc - (uintptr_t)__ehdr_start < (uint64_t)(_end - __ehdr_start);
}

static struct silt_module *module_at(struct silt_header *header, uint64_t i) {
  return silt_region_at(header, SILT_REGION_MODULES, i);
}

static struct silt_module *recorded(struct silt_header *header, uint64_t pc) {
  for (uint64_t i = silt_region_count(header, SILT_REGION_MODULES); i-- > 0;) {
    struct silt_module *module = module_at(header, i);
    if (load_acquire(&module->published) && pc >= module->start && pc < module->end &&
        load_relaxed(&module->last_epoch) == UINT32_MAX)
      return module;
  }
  return NULL;
}

static void read_build_id(struct silt_module *module, const char *notes, size_t size) {
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
static bool all_readable(uintptr_t from, size_t size) {
  for (uintptr_t at = from & ~(uintptr_t)7; at < from + size; at = (at | 4095) + 1)
    if (!silt_os_readable(at)) return false;
  return true;
}

// The program headers of a loaded object. The loader's look-up may answer with one segment's bounds
// instead of the object's, so the ELF header is read only where it must lie: at the load address of
// an object linked at 0. The main program's are known from the kernel.
static struct segments segments_of(const struct silt_object *object) {
  if (!object->name[0])
    return (struct segments){(const ElfW(Phdr) *)getauxval(AT_PHDR), getauxval(AT_PHNUM)};
  const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)object->start;
  if (object->start != object->bias || __builtin_memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0)
    return (struct segments){NULL, 0};
  uintptr_t first = (uintptr_t)elf + elf->e_phoff;
  size_t size = elf->e_phnum * sizeof(ElfW(Phdr));
  if (first + size > object->end || !all_readable(first, size)) return (struct segments){NULL, 0};
  return (struct segments){(const ElfW(Phdr) *)first, elf->e_phnum};
}

static void read_headers(struct silt_module *module, struct segments segments, uint64_t pc) {
  for (size_t i = 0; i < segments.count; i++) {
    const ElfW(Phdr) *segment = &segments.first[i];
    uint64_t at = module->bias + segment->p_vaddr, end = at + segment->p_memsz;
    if (segment->p_type == PT_NOTE && !module->build_id_size && all_readable(at, segment->p_memsz))
      read_build_id(module, (const char *)at, segment->p_memsz);
    if (segment->p_type != PT_LOAD) continue;
    if (at < module->start) module->start = at;
    if (end > module->end) module->end = end;
    if (pc < at || pc >= end) continue;
    module->text_start = at;
    module->text_end = end;
    module->text_offset = segment->p_offset;
  }
}

static bool read_path(struct silt_header *header, struct silt_module *module, const char *name) {
  // The main program has no name of its own in the loader's list.
  const char *path = *name ? name : header->exe;
  uint32_t size = (uint32_t)__builtin_strlen(path);
  uint64_t at;
  if (!silt_region_claim(header, SILT_REGION_STRINGS, size, &at)) return false;
  __builtin_memcpy(silt_region_at(header, SILT_REGION_STRINGS, at), path, size);
  module->path = (uint32_t)at;
  module->path_size = size;
  return true;
}

static struct silt_module *record(struct silt_header *header, uint64_t pc) {
  struct silt_object object;
  if (!silt_objects_find(pc, &object)) return NULL;
  uint64_t index;
  struct silt_module fresh = {
      .start = object.start,
      .end = object.end,
      .bias = object.bias,
      .first_epoch = load_relaxed(&header->epoch),
      .last_epoch = UINT32_MAX,
  };
  read_headers(&fresh, segments_of(&object), pc);
  if (!read_path(header, &fresh, object.name) ||
      !silt_region_claim(header, SILT_REGION_MODULES, 1, &index)) {
    silt_session_lose(header, SILT_LOST_MODULES_FULL, 0);
    return NULL;
  }
  struct silt_module *module = module_at(header, index);
  *module = fresh;
  store_release(&module->published, 1u);  // pairs with the acquire in recorded() and with readers
  return module;
}

void silt_modules_note(struct silt_header *header, const uint64_t *pcs, uint32_t depth) {
  struct silt_module *module = NULL;
  for (uint32_t i = 0; i < depth; i++) {
    if (module && pcs[i] >= module->start && pcs[i] < module->end) continue;
    module = recorded(header, pcs[i]);
    if (!module) module = record(header, pcs[i]);
  }
}

void silt_modules_unloaded(struct silt_header *header) {
  uint32_t epoch = load_relaxed(&header->epoch);
  bool gone = false;
  for (uint64_t i = 0; i < silt_region_count(header, SILT_REGION_MODULES); i++) {
    struct silt_module *module = module_at(header, i);
    if (!load_acquire(&module->published) || load_relaxed(&module->last_epoch) != UINT32_MAX)
      continue;
    uint64_t inside = module->text_end ? module->text_start : module->start;
    if (silt_objects_is_at(inside, module->bias)) continue;
    store_relaxed(&module->last_epoch, epoch);
    gone = true;
  }
  // Two threads that unload at once may both count one epoch on; a gap in the epochs does no harm.
  if (gone) add_relaxed(&header->epoch, 1u);
}
