// SPDX-License-Identifier: Apache-2.0
//
// Finds the call-frame information of an address: the module by _dl_find_object, the entry (FDE) by
// the sorted table of .eh_frame_hdr, and what its common part (CIE) says. Reads only what the
// loader mapped; never a lock, an allocation or a system call. Any thread, any signal handler.
#ifndef SILT_CFI_FIND_H
#define SILT_CFI_FIND_H

#include "base/base.h"

enum silt_cfi_found {
  SILT_CFI_FOUND = 0,
  SILT_CFI_NO_MODULE,   // generated code, or no code at all
  SILT_CFI_NO_ENTRY,    // in a module, but no entry covers it: hand-written assembly, mostly
  SILT_CFI_OUTERMOST,   // the loader's entry code, which nothing called
  SILT_CFI_UNREADABLE,  // an encoding that this parser does not know
};

// A run of call-frame instructions, or of an expression's operations.
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
  uint32_t return_column;    // the register that stands for the return address
  uint8_t pointer_encoding;  // of addresses in the program
  bool signal_frame;         // the frame of a signal handler's return: pcs above are exact
};

enum silt_cfi_found silt_cfi_find(uint64_t pc, struct silt_cfi_entry *entry);

// Reads an address written in `encoding`.
struct silt_cursor;
uint64_t silt_cfi_pointer(struct silt_cursor *cursor, uint8_t encoding);

#endif
