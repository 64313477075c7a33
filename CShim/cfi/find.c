// SPDX-License-Identifier: Apache-2.0
//
// The layout is that of .eh_frame and .eh_frame_hdr in the Linux Standard Base. The linker wrote
// the table, so the table and the addresses in it are trusted, as the C++ runtime trusts them. The
// inside of a record is not: every read stays within the length that the record states.
#include "cfi/find.h"

#include <sys/auxv.h>

#include "base/objects.h"
#include "cfi/cursor.h"

// DW_EH_PE_*: how an address is written.
enum {
  PE_ABSPTR = 0x00,
  PE_UDATA4 = 0x03,
  PE_UDATA8 = 0x04,
  PE_SDATA4 = 0x0b,
  PE_SDATA8 = 0x0c,
  PE_FORMAT = 0x0f,
  PE_PCREL = 0x10,
  PE_DATAREL = 0x30,
  PE_OMIT = 0xff,
};

struct header {
  uint8_t version;
  uint8_t frame_encoding;
  uint8_t count_encoding;
  uint8_t table_encoding;
};

// Entries are a few hundred bytes; the largest seen is under 64 KiB.
#define MAX_RECORD (1 << 20)
#define MAX_HEADER 20  // before the table

// A row of the sorted table. Both are offsets from the address of the header.
struct table_row {
  int32_t start;
  int32_t entry;
};

static size_t find_pointer_size(uint8_t encoding) {
  switch (encoding & PE_FORMAT) {
    case PE_ABSPTR:
    case PE_UDATA8:
    case PE_SDATA8:
      return 8;
    case PE_UDATA4:
    case PE_SDATA4:
      return 4;
    default:
      return 0;
  }
}

// The encoded number, without the address that it is relative to.
static uint64_t find_offset(struct silt_cursor *c, uint8_t encoding) {
  size_t size = find_pointer_size(encoding);
  if (size == 0) {
    c->failed = true;
    return 0;
  }
  bool is_signed = (encoding & 0x08) != 0;
  return is_signed ? (uint64_t)silt_cursor_signed(c, size) : silt_cursor_fixed(c, size);
}

uint64_t silt_cfi_pointer(struct silt_cursor *c, uint8_t encoding) {
  uint64_t base = (uint64_t)c->at;
  uint64_t offset = find_offset(c, encoding);
  switch (encoding & ~PE_FORMAT) {
    case 0:
      return offset;
    case PE_PCREL:
      return base + offset;
    default:
      c->failed = true;
      return 0;
  }
}

// A cursor over the body of the record at `at`, behind its length.
static struct silt_cursor find_open_record(const uint8_t *at) {
  struct silt_cursor c = {at, at + 12, false};
  uint64_t length = silt_cursor_fixed(&c, 4);
  if (length == 0xffffffff) length = silt_cursor_fixed(&c, 8);
  if (length > MAX_RECORD) {
    c.failed = true;
  } else {
    c.end = c.at + length;
  }
  return c;
}

static bool find_common(const uint8_t *at, struct silt_cfi_entry *entry, bool *augmented) {
  struct silt_cursor c = find_open_record(at);
  uint64_t id = silt_cursor_fixed(&c, 4);
  uint8_t version = silt_cursor_u8(&c);
  if (c.failed || id != 0 || (version != 1 && version != 3)) return false;
  struct silt_cursor letters = c;
  while (silt_cursor_u8(&c) != 0) {
  }
  entry->code_align = silt_cursor_uleb(&c);
  entry->data_align = silt_cursor_sleb(&c);
  entry->return_column = version == 1 ? silt_cursor_u8(&c) : (uint32_t)silt_cursor_uleb(&c);
  entry->pointer_encoding = PE_ABSPTR;
  entry->signal_frame = false;
  *augmented = false;
  const uint8_t *instructions = c.at;
  for (uint8_t letter; (letter = silt_cursor_u8(&letters)) != 0 && !c.failed;) {
    switch (letter) {
      case 'z': {
        uint64_t size = silt_cursor_uleb(&c);
        struct silt_cursor data = c;
        silt_cursor_skip(&data, size);
        if (data.failed) return false;
        instructions = data.at;
        *augmented = true;
        break;
      }
      case 'L':
        silt_cursor_u8(&c);
        break;
      case 'P': {
        uint8_t encoding = silt_cursor_u8(&c);
        if (encoding != PE_OMIT) find_offset(&c, encoding);
        break;
      }
      case 'R':
        entry->pointer_encoding = silt_cursor_u8(&c);
        break;
      case 'S':
        entry->signal_frame = true;
        break;
      case 'B':  // return addresses are signed with key B
      case 'G':  // memory is tagged
        break;
      default:
        return false;
    }
  }
  if (!*augmented) instructions = c.at;
  if (c.failed || letters.failed) return false;
  entry->initial = (struct silt_bytes){instructions, (uint32_t)(c.end - instructions)};
  return true;
}

static bool find_entry(const uint8_t *at, struct silt_cfi_entry *entry) {
  struct silt_cursor c = find_open_record(at);
  const uint8_t *common_base = c.at;
  uint64_t common_offset = silt_cursor_fixed(&c, 4);
  if (c.failed || common_offset == 0) return false;
  bool augmented;
  if (!find_common(common_base - common_offset, entry, &augmented)) return false;
  entry->start = silt_cfi_pointer(&c, entry->pointer_encoding);
  entry->end = entry->start + find_offset(&c, entry->pointer_encoding);
  if (augmented) silt_cursor_skip(&c, silt_cursor_uleb(&c));
  if (c.failed) return false;
  entry->program = (struct silt_bytes){c.at, (uint32_t)(c.end - c.at)};
  return true;
}

enum silt_cfi_found silt_cfi_find(uint64_t pc, struct silt_cfi_entry *entry) {
  struct silt_object object;
  if (!silt_objects_find(pc, &object)) return SILT_CFI_NO_MODULE;
  const uint8_t *header_at = object.unwind_table;
  // In the dynamic loader, the only code without an entry is the code that the kernel starts.
  enum silt_cfi_found none =
      object.bias == getauxval(AT_BASE) ? SILT_CFI_OUTERMOST : SILT_CFI_NO_ENTRY;
  if (header_at == NULL) return none;

  struct silt_cursor c = {header_at, header_at + MAX_HEADER, false};
  struct header header = {silt_cursor_u8(&c), silt_cursor_u8(&c), silt_cursor_u8(&c),
                          silt_cursor_u8(&c)};
  find_offset(&c, header.frame_encoding);
  // Only this encoding can be searched; every linker writes it.
  if (c.failed || header.version != 1 || header.table_encoding != (PE_DATAREL | PE_SDATA4)) {
    return SILT_CFI_UNREADABLE;
  }
  uint64_t count = find_offset(&c, header.count_encoding);
  if (c.failed || (uint64_t)c.at % sizeof(int32_t) != 0) return SILT_CFI_UNREADABLE;
  const struct table_row *table = (const struct table_row *)c.at;
  int64_t target = (int64_t)(pc - (uint64_t)header_at);
  uint64_t low = 0, high = count;  // finds the first row that starts behind target
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (table[middle].start <= target) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == 0) return none;
  const uint8_t *at = header_at + table[low - 1].entry;
  if (!find_entry(at, entry)) return SILT_CFI_UNREADABLE;
  return pc >= entry->start && pc < entry->end ? SILT_CFI_FOUND : none;
}
