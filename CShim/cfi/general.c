// SPDX-License-Identifier: Apache-2.0
//
// A step computes the caller's registers from those of the frame, and stops where that would leave
// the readable stack or not lead outwards.
#include "cfi/general.h"

#include "cfi/expression.h"
#include "cfi/guess.h"
#include "cfi/program.h"
#include "cfi/signal.h"
#include "include/silt_format.h"

// A leaf function may keep data this far below its stack pointer. A signal may interrupt it there.
#define RED_ZONE 128

// How a step ended.
enum step {
  STEP_CALLER,       // now in the caller, whose pc is a return address
  STEP_INTERRUPTED,  // now in the function that a signal interrupted, whose pc is exact
  STEP_OUTERMOST,
  STEP_NO_RULE,
  STEP_OUT_OF_BOUNDS,
};

struct general_walk {
  struct silt_registers now;
  struct silt_bounds bounds;
  bool exact;  // the pc of `now` is the next instruction to execute, not a return address
  bool may_guess;
  bool guessed;
};

static void general_set_register(struct silt_registers *registers, uint32_t number,
                                 uint64_t value) {
  registers->value[number] = value;
  registers->known |= UINT64_C(1) << number;
}

static bool general_cfa(struct general_walk *w, const struct silt_cfi_row *row, uint64_t *cfa) {
  if (row->cfa_expression.at != NULL) {
    return silt_cfi_evaluate(row->cfa_expression, NULL, &w->now, &w->bounds, cfa);
  }
  *cfa = w->now.value[row->cfa_register] + (uint64_t)row->cfa_offset;
  return silt_register_known(&w->now, row->cfa_register);
}

// The caller's value of a register; false if it is lost.
static bool general_recover(struct general_walk *w, const struct silt_cfi_entry *entry,
                            const struct silt_cfi_row *row, uint64_t cfa, uint32_t number,
                            uint64_t *value) {
  int32_t operand = row->value[number];
  switch ((enum silt_cfi_where)row->where[number]) {
    case SILT_CFI_SAME:
      *value = w->now.value[number];
      return silt_register_known(&w->now, number);
    case SILT_CFI_UNDEFINED:
      return false;
    case SILT_CFI_OFFSET:
      return silt_bounds_read(&w->bounds, cfa + (uint64_t)(int64_t)operand, value);
    case SILT_CFI_VALUE_OFFSET:
      *value = cfa + (uint64_t)(int64_t)operand;
      return true;
    case SILT_CFI_REGISTER:
      if (!silt_register_known(&w->now, (uint64_t)(int64_t)operand)) return false;
      *value = w->now.value[operand];
      return true;
    case SILT_CFI_EXPRESSION:
    case SILT_CFI_VALUE_EXPRESSION:
      break;
  }
  struct silt_bytes expression = silt_cfi_row_expression(entry, row, number);
  if (!silt_cfi_evaluate(expression, &cfa, &w->now, &w->bounds, value)) return false;
  return row->where[number] == SILT_CFI_VALUE_EXPRESSION ||
         silt_bounds_read(&w->bounds, *value, value);
}

static enum step general_guess(struct general_walk *w) {
  struct silt_frame frame = {w->now.value[SILT_REG_PC], w->now.value[SILT_REG_SP],
                             w->now.value[SILT_REG_FP]};
  if (!w->may_guess || !silt_register_known(&w->now, SILT_REG_FP) ||
      !silt_cfi_guess(&frame, &w->bounds)) {
    return STEP_NO_RULE;
  }
  w->guessed = true;
  w->now.known = 0;
  general_set_register(&w->now, SILT_REG_PC, frame.pc);
  general_set_register(&w->now, SILT_REG_SP, frame.sp);
  general_set_register(&w->now, SILT_REG_FP, frame.fp);
  return STEP_CALLER;
}

// Steps by a row of the unwind table.
static enum step general_follow(struct general_walk *w, const struct silt_cfi_entry *entry,
                                const struct silt_cfi_row *row) {
  uint32_t column = entry->return_column;
  uint64_t cfa, value, sp = w->now.value[SILT_REG_SP];
  if (row->where[column] == SILT_CFI_UNDEFINED) return STEP_OUTERMOST;
  if (!general_cfa(w, row, &cfa)) return STEP_NO_RULE;
  // The CFA must grow. It may stay the same only for an interrupted leaf that has no frame, on a
  // machine where the return address is in a register.
  bool outwards = cfa > sp || (cfa == sp && w->exact && row->where[column] == SILT_CFI_SAME);
  if (!outwards && !entry->signal_frame) return STEP_OUT_OF_BOUNDS;

  struct silt_registers caller;
  caller.known = 0;
  for (uint32_t number = 0; number < SILT_REGISTERS; number++) {
    bool handed_back = (SILT_CALLEE_SAVED >> number & 1) != 0 || number == column;
    if (row->where[number] == SILT_CFI_SAME && !handed_back) continue;
    if (general_recover(w, entry, row, cfa, number, &value))
      general_set_register(&caller, number, value);
  }
  if (row->where[SILT_REG_SP] == SILT_CFI_SAME) general_set_register(&caller, SILT_REG_SP, cfa);
  if (!silt_register_known(&caller, column) || !silt_register_known(&caller, SILT_REG_SP)) {
    return STEP_OUT_OF_BOUNDS;
  }
  general_set_register(&caller, SILT_REG_PC, silt_return_address(caller.value[column]));
  // The call of this frame overwrote the register that holds the return address.
  if (column != SILT_REG_PC && !entry->signal_frame) caller.known &= ~(UINT64_C(1) << column);
  w->now = caller;
  return entry->signal_frame ? STEP_INTERRUPTED : STEP_CALLER;
}

static enum step general_step(struct general_walk *w) {
  struct silt_cfi_entry entry;
  struct silt_cfi_row row;
  uint64_t pc = w->now.value[SILT_REG_PC], lookup = w->exact ? pc : pc - 1;
  enum silt_cfi_found found = silt_cfi_find(lookup, &entry);
  if ((found != SILT_CFI_FOUND || entry.signal_frame) && silt_cfi_is_sigreturn(pc)) {
    return silt_cfi_interrupted(&w->now, &w->bounds) ? STEP_INTERRUPTED : STEP_OUT_OF_BOUNDS;
  }
  switch (found) {
    case SILT_CFI_FOUND:
      return silt_cfi_row_at(&entry, lookup, &row) ? general_follow(w, &entry, &row) : STEP_NO_RULE;
    case SILT_CFI_NO_MODULE:
      return general_guess(w);
    case SILT_CFI_NO_ENTRY:
      return w->exact || silt_cfi_was_called(pc) ? general_guess(w) : STEP_OUTERMOST;
    case SILT_CFI_OUTERMOST:
      return STEP_OUTERMOST;
    case SILT_CFI_UNREADABLE:
      break;
  }
  return STEP_NO_RULE;
}

uint32_t silt_cfi_walk_general(const struct silt_registers *start, bool may_guess, uint64_t *pcs,
                               uint32_t max, uint8_t *end) {
  struct general_walk w = {.now = *start, .may_guess = may_guess};
  uint32_t count = 0;
  silt_bounds_at(&w.bounds, w.now.value[SILT_REG_SP]);
  for (;;) {
    enum step outcome = general_step(&w);
    uint64_t pc = w.now.value[SILT_REG_PC];
    if (outcome == STEP_OUTERMOST || (outcome == STEP_CALLER && pc == 0)) {
      *end = SILT_END_COMPLETE;
      break;
    }
    if (outcome == STEP_NO_RULE || outcome == STEP_OUT_OF_BOUNDS) {
      *end = outcome == STEP_NO_RULE ? SILT_END_UNWIND : SILT_END_BOUNDS;
      break;
    }
    if (count == max) {
      *end = SILT_END_DEPTH;
      break;
    }
    w.exact = outcome == STEP_INTERRUPTED;
    pcs[count++] = w.exact ? pc : pc - 1;
    // The interrupted function may be on another stack than the signal handler.
    if (w.exact) silt_bounds_at(&w.bounds, w.now.value[SILT_REG_SP] - RED_ZONE);
  }
  if (w.guessed) *end |= SILT_END_GUESSED;
  return count;
}
