// SPDX-License-Identifier: Apache-2.0
//
// See guess.h.
#define _GNU_SOURCE
#include "cfi/guess.h"

#include <dlfcn.h>

#include "base/os.h"

// No frame without call-frame information is larger: a frame pointer further out is something else.
#define MAX_FRAME (UINT64_C(1) << 20)
#define LOWEST_CODE UINT64_C(0x10000)

// Whether code may stand at `pc`: in a module, or else in memory that exists and is not the stack.
static bool guess_is_code(uint64_t pc, const struct silt_bounds *bounds) {
  struct dl_find_object object;
  if (pc < LOWEST_CODE) return false;
  if (_dl_find_object((void *)(pc - 1), &object) == 0) return true;
  return (pc < bounds->floor || pc >= silt_bounds_end(bounds)) &&
         silt_os_readable((pc - 1) & ~UINT64_C(7));
}

bool silt_cfi_was_called(uint64_t pc) {
  // Between a module's segments there may be nothing to read.
  if (!silt_os_readable(pc - 8)) return false;
#if defined(__x86_64__)
  // call rel32, or the indirect forms: FF /2, then what the operand takes.
  const uint8_t *behind = (const uint8_t *)pc;
  if (behind[-5] == 0xe8) return true;
  for (int size = 2; size <= 7; size++) {
    if (behind[-size] == 0xff && (behind[1 - size] >> 3 & 7) == 2) return true;
  }
  return false;
#elif defined(__aarch64__)
  // bl; blr and its authenticating forms.
  if (pc % 4 != 0) return false;
  uint32_t code = ((const uint32_t *)pc)[-1];
  return code >> 26 == 0x25 || (code & 0xfefff000) == 0xd63f0000;
#endif
}

// The caller's stack pointer, given the frame record and what it holds.
static uint64_t guess_caller_sp(uint64_t record, uint64_t fp, uint64_t pc) {
  uint64_t least = record + 16;
#if defined(__aarch64__)
  // The record stands at the bottom of a frame whose size nobody tells. But a caller that keeps a
  // frame pointer has set it to its own record, which its row relates to its stack pointer.
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
  // The record is the top of a frame: the saved frame pointer, then the return address.
  (void)fp;
  (void)pc;
  return least;
#endif
}

bool silt_cfi_guess(struct silt_frame *frame, struct silt_bounds *bounds) {
  uint64_t record = frame->fp, fp, pc;
  if (record < frame->sp || record - frame->sp > MAX_FRAME) return false;
  // A guess may lead anywhere on the stack, where the program may have unmapped what was readable
  // once: from here on every page is probed.
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
