// SPDX-License-Identifier: Apache-2.0
//
// Reads the dynamic section of each object: the loader has used the same tables, and keeps them
// mapped while it holds its lock.
#define _GNU_SOURCE
#include "base/symbols.h"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

extern const char __ehdr_start[] SILT_HIDDEN;

#define HIDDEN_VERSION 0x8000u

struct tables {
  uint64_t bias;
  const ElfW(Sym) * symbols;
  const char *strings;
  const uint32_t *gnu_hash, *hash;
  const uint16_t *versions;
  uint64_t soname;  // an offset in strings; 0: none
};

struct wanted {
  const char *name, *soname;  // soname NULL: in any object behind ours
  bool behind;                // ours has been passed
  void *function;
};

static bool symbols_same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

// glibc has replaced these offsets by addresses, musl and the kernel's vDSO have not.
static const void *symbols_address(uint64_t bias, uint64_t value) {
  return (const void *)(value < bias ? bias + value : value);
}

static bool symbols_tables(const struct dl_phdr_info *info, struct tables *tables) {
  *tables = (struct tables){.bias = info->dlpi_addr};
  const ElfW(Dyn) *entry = NULL;
  for (int i = 0; i < info->dlpi_phnum; i++)
    if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
      entry = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
  for (; entry && entry->d_tag != DT_NULL; entry++) {
    const void *address = symbols_address(tables->bias, entry->d_un.d_ptr);
    switch (entry->d_tag) {
      case DT_SYMTAB:
        tables->symbols = address;
        break;
      case DT_STRTAB:
        tables->strings = address;
        break;
      case DT_GNU_HASH:
        tables->gnu_hash = address;
        break;
      case DT_HASH:
        tables->hash = address;
        break;
      case DT_VERSYM:
        tables->versions = address;
        break;
      case DT_SONAME:
        tables->soname = entry->d_un.d_val;
        break;
    }
  }
  return tables->symbols && tables->strings;
}

static bool symbols_matches(const struct tables *tables, uint32_t index, const char *name) {
  const ElfW(Sym) *symbol = &tables->symbols[index];
  unsigned type = ELF64_ST_TYPE(symbol->st_info);
  return symbol->st_shndx != SHN_UNDEF && symbol->st_value &&
         (type == STT_FUNC || type == STT_GNU_IFUNC) &&
         ELF64_ST_BIND(symbol->st_info) != STB_LOCAL &&
         !(tables->versions && (tables->versions[index] & HIDDEN_VERSION)) &&
         symbols_same(tables->strings + symbol->st_name, name);
}

// Each gives the index of a symbol; 0: none.
static uint32_t symbols_by_gnu_hash(const struct tables *tables, const char *name) {
  const uint32_t *header = tables->gnu_hash;
  uint32_t count = header[0], first = header[1], words = header[2], shift = header[3], hash = 5381;
  for (const char *c = name; *c; c++) hash = hash * 33 + (uint8_t)*c;
  if (!count || !words) return 0;
  const uint64_t *bloom = (const uint64_t *)(header + 4);
  const uint32_t *buckets = (const uint32_t *)(bloom + words), *chain = buckets + count;
  uint64_t word = bloom[hash / 64 % words];
  if (!(word >> hash % 64 & word >> (hash >> shift) % 64 & 1)) return 0;
  uint32_t index = buckets[hash % count];
  if (index < first) return 0;
  for (;; index++) {
    uint32_t other = chain[index - first];
    if ((other | 1) == (hash | 1) && symbols_matches(tables, index, name)) return index;
    if (other & 1) return 0;
  }
}

static uint32_t symbols_by_hash(const struct tables *tables, const char *name) {
  const uint32_t *buckets = tables->hash + 2, *chain = buckets + tables->hash[0];
  uint32_t hash = 0;
  for (const char *c = name; *c; c++) {
    hash = (hash << 4) + (uint8_t)*c;
    hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
  }
  if (!tables->hash[0]) return 0;
  for (uint32_t index = buckets[hash % tables->hash[0]]; index; index = chain[index])
    if (symbols_matches(tables, index, name)) return index;
  return 0;
}

static void *symbols_function(const struct tables *tables, const char *name) {
  uint32_t index = tables->gnu_hash ? symbols_by_gnu_hash(tables, name)
                   : tables->hash   ? symbols_by_hash(tables, name)
                                    : 0;
  if (!index) return NULL;
  const ElfW(Sym) *symbol = &tables->symbols[index];
  void *address = (void *)(tables->bias + symbol->st_value);
  if (ELF64_ST_TYPE(symbol->st_info) != STT_GNU_IFUNC) return address;
  // The function that chooses the function. It is given the hardware's features on aarch64.
  return ((void *(*)(unsigned long))address)(getauxval(AT_HWCAP));
}

static int symbols_visit(struct dl_phdr_info *info, size_t size, void *argument) {
  (void)size;
  struct wanted *wanted = argument;
  struct tables tables;
  // The kernel's functions are in no scope of dlsym.
  if (info->dlpi_addr == getauxval(AT_SYSINFO_EHDR)) return 0;
  if (wanted->soname) {
    if (!symbols_tables(info, &tables) || !tables.soname ||
        !symbols_same(tables.strings + tables.soname, wanted->soname))
      return 0;
  } else if (!wanted->behind) {
    wanted->behind = info->dlpi_addr == (uintptr_t)__ehdr_start;
    return 0;
  } else if (!symbols_tables(info, &tables)) {
    return 0;
  }
  wanted->function = symbols_function(&tables, wanted->name);
  return wanted->function != NULL;
}

void *silt_symbols_next(const char *name) {
  struct wanted wanted = {.name = name};
  dl_iterate_phdr(symbols_visit, &wanted);
  return wanted.function;
}

bool silt_symbols_work(void) {
  struct wanted wanted = {.name = ""};
  dl_iterate_phdr(symbols_visit, &wanted);
  return wanted.behind;
}

void *silt_symbols_in(const char *soname, const char *name) {
  struct wanted wanted = {.name = name, .soname = soname};
  dl_iterate_phdr(symbols_visit, &wanted);
  return wanted.function;
}
