// SPDX-License-Identifier: Apache-2.0
//
// Reads DWARF's encodings from a range of bytes, and never beyond its end. A read past the end
// gives 0 and marks the cursor as failed, so that a parser checks only once, when it is done.
#ifndef SILT_CFI_CURSOR_H
#define SILT_CFI_CURSOR_H

#include "base/base.h"

struct silt_cursor {
  const uint8_t *at;
  const uint8_t *end;
  bool failed;
};

static inline uint64_t silt_cursor_fixed(struct silt_cursor *c, size_t size) {
  uint64_t value = 0;
  if (c->failed || (size_t)(c->end - c->at) < size) {
    c->failed = true;
    return 0;
  }
  // Byte by byte: the values are little-endian and not aligned.
  for (size_t i = 0; i < size; i++) value |= (uint64_t)c->at[i] << (8 * i);
  c->at += size;
  return value;
}

static inline uint8_t silt_cursor_u8(struct silt_cursor *c) {
  return (uint8_t)silt_cursor_fixed(c, 1);
}

static inline int64_t silt_cursor_signed(struct silt_cursor *c, size_t size) {
  unsigned shift = 64 - 8 * (unsigned)size;
  return (int64_t)(silt_cursor_fixed(c, size) << shift) >> shift;
}

static inline uint64_t silt_cursor_uleb(struct silt_cursor *c) {
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    uint8_t byte = silt_cursor_u8(c);
    if (shift < 64) value |= (uint64_t)(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
}

static inline int64_t silt_cursor_sleb(struct silt_cursor *c) {
  uint64_t value = 0;
  for (unsigned shift = 0;;) {
    uint8_t byte = silt_cursor_u8(c);
    if (shift < 64) value |= (uint64_t)(byte & 0x7f) << shift;
    shift += 7;
    if ((byte & 0x80) == 0) {
      if (shift < 64 && (byte & 0x40) != 0) value |= ~UINT64_C(0) << shift;
      return (int64_t)value;
    }
  }
}

static inline void silt_cursor_skip(struct silt_cursor *c, uint64_t size) {
  if (c->failed || (uint64_t)(c->end - c->at) < size) {
    c->failed = true;
  } else {
    c->at += size;
  }
}

#endif
