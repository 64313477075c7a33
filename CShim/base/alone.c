// SPDX-License-Identifier: Apache-2.0
//
// The program's own headers lie in front of it: what the linker calls __ehdr_start is the program's
// where the shim is a part of it.
#include "base/alone.h"

#ifdef SILT_STATIC

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

extern const char __ehdr_start[] SILT_HIDDEN;

bool silt_alone_has_loader(void) {
  const ElfW(Phdr) *segments = (const ElfW(Phdr) *)getauxval(AT_PHDR);
  uint64_t count = segments ? getauxval(AT_PHNUM) : 0;
  for (uint64_t i = 0; i < count; i++)
    if (segments[i].p_type == PT_INTERP) return true;
  return false;
}

bool silt_alone_find(uint64_t address, struct silt_object *object) {
  const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)__ehdr_start;
  const ElfW(Phdr) *segments = (const ElfW(Phdr) *)(__ehdr_start + elf->e_phoff);
  uint64_t start = UINT64_MAX, end = 0, table = 0;
  for (size_t i = 0; i < elf->e_phnum; i++) {
    const ElfW(Phdr) *segment = &segments[i];
    if (segment->p_type == PT_GNU_EH_FRAME) table = segment->p_vaddr;
    if (segment->p_type != PT_LOAD) continue;
    if (segment->p_vaddr < start) start = segment->p_vaddr;
    if (segment->p_vaddr + segment->p_memsz > end) end = segment->p_vaddr + segment->p_memsz;
  }
  // The headers are at the start of the lowest segment.
  uint64_t bias = (uintptr_t)__ehdr_start - start;
  if (address - bias < start || address - bias >= end) return false;
  *object = (struct silt_object){.start = start + bias,
                                 .end = end + bias,
                                 .bias = bias,
                                 .unwind_table = table ? (const uint8_t *)(table + bias) : NULL,
                                 .name = ""};
  return true;
}

#endif
