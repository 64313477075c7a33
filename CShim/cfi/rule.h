// SPDX-License-Identifier: Apache-2.0
//
// A row of the unwind table, packed into 30 bits: where the CFA, the caller's frame pointer and the
// return address are. Most code needs no more. A row that does not fit becomes the rule GENERAL,
// and general.h walks such stacks with all registers.
#ifndef SILT_CFI_RULE_H
#define SILT_CFI_RULE_H

#include "cfi/bounds.h"
#include "cfi/program.h"

// Bits 0-2: what the CFA is computed from, or SPECIAL. A rule is never 0 as a whole.
enum {
  SILT_RULE_SPECIAL = 0,  // the rest is one of the rules below
  SILT_RULE_FROM_SP = 1,
  SILT_RULE_FROM_FP = 2,
  // On x86-64, in a function that has realigned its stack: the CFA is stored near the frame
  // pointer.
  SILT_RULE_STORED = 3,
};
#define SILT_RULE_BASE UINT32_C(7)

enum {
  SILT_RULE_NONE = 0,
  SILT_RULE_END = 1 << 3,      // the outermost frame
  SILT_RULE_GUESS = 2 << 3,    // no call-frame information: follow the frame pointer
  SILT_RULE_GENERAL = 3 << 3,  // does not fit into a packed rule
  SILT_RULE_STOP = 4 << 3,     // call-frame information that cannot be understood
};

#define SILT_RULE_BITS 30

// The other two fields: the CFA's offset (signed for STORED), placed so that one mask gives bytes;
// then how many words below the CFA the frame pointer is saved, 0: it is not saved.
#if defined(__x86_64__)
#define SILT_RULE_CFA UINT32_C(0x1ffff8)
#define SILT_RULE_CFA_UNIT 8
#define SILT_RULE_SLOT_SHIFT 21
#elif defined(__aarch64__)
// The slot holds only the return address; without this bit, the frame pointer and then the return
// address.
#define SILT_RULE_LINK_ONLY (UINT32_C(1) << 3)
#define SILT_RULE_CFA UINT32_C(0x3fff0)
#define SILT_RULE_CFA_UNIT 16
#define SILT_RULE_SLOT_SHIFT 18
#endif
#define SILT_RULE_SLOT ((UINT32_C(1) << (SILT_RULE_BITS - SILT_RULE_SLOT_SHIFT)) - 1)

// All that a walk by packed rules knows of a frame.
struct silt_frame {
  uint64_t pc;
  uint64_t sp;
  uint64_t fp;
};

// Never NONE.
uint32_t silt_rule_pack(const struct silt_cfi_entry *entry, const struct silt_cfi_row *row);

// Replaces `frame` by its caller's, with a rule that is not SPECIAL. False if that would read
// outside the stack or not lead outwards; `frame` is unchanged then.
static inline bool silt_rule_apply(uint32_t rule, struct silt_frame *frame,
                                   struct silt_bounds *bounds) {
  uint32_t base = rule & SILT_RULE_BASE;
  uint64_t offset = rule & SILT_RULE_CFA;
  uint64_t slot = (rule >> SILT_RULE_SLOT_SHIFT & SILT_RULE_SLOT) * 8;
  uint64_t cfa = (base == SILT_RULE_FROM_SP ? frame->sp : frame->fp) + offset;
  uint64_t pc, fp = frame->fp;
#if defined(__x86_64__)
  if (SILT_UNLIKELY(base == SILT_RULE_STORED)) {
    uint64_t sign = (SILT_RULE_CFA + SILT_RULE_CFA_UNIT) / 2;
    uint64_t stored = fp + (offset ^ sign) - sign;
    if (!silt_bounds_read(bounds, stored, &cfa) || !silt_bounds_read(bounds, fp, &fp)) return false;
  }
  if (SILT_UNLIKELY(cfa <= frame->sp) || !silt_bounds_read(bounds, cfa - 8, &pc)) return false;
  if (slot != 0 && !silt_bounds_read(bounds, cfa - slot, &fp)) return false;
#elif defined(__aarch64__)
  uint64_t link = cfa - slot;
  if (SILT_UNLIKELY(cfa <= frame->sp)) return false;
  if ((rule & SILT_RULE_LINK_ONLY) == 0) {
    if (!silt_bounds_read(bounds, link, &fp)) return false;
    link += 8;
  }
  if (!silt_bounds_read(bounds, link, &pc)) return false;
  pc = silt_return_address(pc);
#endif
  frame->pc = pc;
  frame->sp = cfa;
  frame->fp = fp;
  return true;
}

#endif
