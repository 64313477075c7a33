// SPDX-License-Identifier: Apache-2.0
//
// Nothing that a frame pointer says is believed before it has been checked.
#include "cfi/guess.h"

#include "base/objects.h"
#include "base/os.h"

// A larger distance is not that of a frame: the register is used for something else.
#define MAX_FRAME (UINT64_C(1) << 20)
#define LOWEST_CODE UINT64_C(0x10000)

// Whether `pc` may be code: it is in a module, or in readable memory that is not this stack.
static bool guess_is_code(uint64_t pc, const struct silt_bounds *bounds) {
  struct silt_object object;
  if (pc < LOWEST_CODE) return false;
  if (silt_objects_find(pc - 1, &object)) return true;
  return (pc < bounds->floor || pc >= silt_bounds_end(bounds)) &&
         silt_os_readable((pc - 1) & ~UINT64_C(7));
}

bool silt_cfi_was_called(uint64_t pc) {
  // Between the segments of a module there may be no memory.
  if (!silt_os_readable(pc - 8)) return false;
#if defined(__x86_64__)
  // call rel32 (E8), or an indirect call: FF /2 with an operand of up to five more bytes.
  const uint8_t *behind = (const uint8_t *)pc;
  if (behind[-5] == 0xe8) return true;
  for (int size = 2; size <= 7; size++) {
    if (behind[-size] == 0xff && (behind[1 - size] >> 3 & 7) == 2) return true;
  }
  return false;
#elif defined(__aarch64__)
  // bl, or blr and its forms with pointer authentication.
  if (pc % 4 != 0) return false;
  uint32_t code = ((const uint32_t *)pc)[-1];
  return code >> 26 == 0x25 || (code & 0xfefff000) == 0xd63f0000;
#endif
}

// The caller's stack pointer, from the frame record (frame pointer, return address) and its
// address.
static uint64_t guess_caller_sp(uint64_t record, uint64_t fp, uint64_t pc) {
  uint64_t least = record + 16;
#if defined(__aarch64__)
  // The record is at the bottom of a frame of unknown size. But the caller's frame pointer points
  // at the caller's own record, and its unwind table says how far that is from its stack pointer.
  struct silt_cfi_entry entry;
  struct silt_cfi_row row;
  if (silt_cfi_find(pc - 1, &entry) != SILT_CFI_FOUND || !silt_cfi_row_at(&entry, pc - 1, &row) ||
      row.cfa_expression.at != NULL || row.cfa_register != SILT_REG_SP ||
      row.where[SILT_REG_FP] != SILT_CFI_OFFSET) {
    return least;
  }
  uint64_t sp = fp - (uint64_t)(int64_t)row.value[SILT_REG_FP] - (uint64_t)row.cfa_offset;
  return sp >= least && sp <= fp ? sp : least;
#else
  // The record is at the top of the frame: behind it is the caller's stack pointer.
  (void)fp;
  (void)pc;
  return least;
#endif
}

bool silt_cfi_guess(struct silt_frame *frame, struct silt_bounds *bounds) {
  uint64_t record = frame->fp, fp, pc;
  if (record < frame->sp || record - frame->sp > MAX_FRAME) return false;
  // A wrong guess may lead to any place on the stack, and the program may have unmapped pages
  // there: from here on every page is probed before it is read.
  bounds->foreign = true;
  bounds->words = 0;
  if (!silt_bounds_read(bounds, record, &fp) || !silt_bounds_read(bounds, record + 8, &pc)) {
    return false;
  }
  pc = silt_return_address(pc);
  if (pc != 0 && !guess_is_code(pc, bounds)) return false;
  *frame = (struct silt_frame){.pc = pc, .sp = guess_caller_sp(record, fp, pc), .fp = fp};
  return true;
}
