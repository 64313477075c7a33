// SPDX-License-Identifier: Apache-2.0
//
// Finds the call-frame information of an address: the module by base/objects.h, then the entry
// (FDE, with its common part, the CIE) by the sorted table of .eh_frame_hdr. Reads only what the
// loader has mapped. No lock, no allocation: any thread, any signal handler.
#ifndef SILT_CFI_FIND_H
#define SILT_CFI_FIND_H

#include "base/base.h"

enum silt_cfi_found {
  SILT_CFI_FOUND = 0,
  SILT_CFI_NO_MODULE,   // code made at run time, or no code at all
  SILT_CFI_NO_ENTRY,    // in a module, but in no entry: usually hand-written assembly
  SILT_CFI_OUTERMOST,   // the loader's entry code, which has no caller
  SILT_CFI_UNREADABLE,  // an encoding that this parser does not know
};

// A sequence of call-frame instructions, or of an expression's operations.
struct silt_bytes {
  const uint8_t *at;
  uint32_t size;
};

struct silt_cfi_entry {
  uint64_t start;  // covers the addresses of [start, end)
  uint64_t end;
  struct silt_bytes initial;  // the CIE's instructions, then the FDE's
  struct silt_bytes program;
  uint64_t code_align;
  int64_t data_align;
  uint32_t return_column;    // the register whose rule is that of the return address
  uint8_t pointer_encoding;  // of addresses in the program
  bool signal_frame;         // made by the kernel for a handler: the pc above it is exact
};

enum silt_cfi_found silt_cfi_find(uint64_t pc, struct silt_cfi_entry *entry);

// Reads an address written in `encoding`.
struct silt_cursor;
uint64_t silt_cfi_pointer(struct silt_cursor *cursor, uint8_t encoding);

#endif
