// SPDX-License-Identifier: Apache-2.0
//
// See unwind_cfi.h. The walk by packed rules is here; whatever they cannot say restarts the stack
// in cfi_general.c, rarely.
#include "unwind_cfi.h"

#include "cfi_general.h"
#include "cfi_guess.h"
#include "cfi_signal.h"
#include "rules.h"
#include "silt_format.h"

// Finds the rule for the code at `lookup`, which returns or goes on to `pc`.
static SILT_COLD uint32_t miss(uint64_t pc, uint64_t lookup, uint64_t epoch) {
  struct silt_cfi_entry entry;
  struct silt_cfi_row row;
  uint32_t rule = SILT_RULE_STOP;
  enum silt_cfi_found found = silt_cfi_find(lookup, &entry);
  if (found == SILT_CFI_FOUND) {
    if (silt_cfi_row_at(&entry, lookup, &row)) rule = silt_rule_pack(&entry, &row);
  } else if (found == SILT_CFI_OUTERMOST) {
    rule = SILT_RULE_END;
  } else if (found != SILT_CFI_UNREADABLE) {
    rule = silt_cfi_is_sigreturn(pc) ? SILT_RULE_GENERAL : SILT_RULE_GUESS;
  }
  // Where there is no module now, one may be loaded at any time.
  if (found != SILT_CFI_NO_MODULE) silt_rules_insert(lookup, rule, epoch);
  return rule;
}

__attribute__((noinline)) uint32_t silt_cfi_unwind(uint64_t *pcs, uint32_t max, uint8_t *end) {
  struct silt_registers here;
  silt_registers_capture(&here);
  struct silt_frame frame = {here.value[SILT_REG_PC], here.value[SILT_REG_SP],
                             here.value[SILT_REG_FP]};
  struct silt_bounds bounds;
  silt_bounds_at(&bounds, frame.sp);
  uint64_t epoch = silt_rules_epoch();
  uint64_t lookup = frame.pc;
  uint8_t guessed = 0;
  uint32_t count = 0;
  for (;;) {
    // Three registers: packed into a vector by the compiler, they cost twice the time.
    __asm__("" : "+r"(frame.pc), "+r"(frame.sp), "+r"(frame.fp));
    uint32_t rule = silt_rules_bypassed(epoch) ? SILT_RULE_NONE : silt_rules_find(lookup);
    if (SILT_UNLIKELY(rule == SILT_RULE_NONE)) rule = miss(frame.pc, lookup, epoch);
    if (SILT_LIKELY((rule & SILT_RULE_BASE) != SILT_RULE_SPECIAL)) {
      if (SILT_UNLIKELY(!silt_rule_apply(rule, &frame, &bounds))) {
        *end = SILT_END_BOUNDS | guessed;
        return count;
      }
    } else if (rule == SILT_RULE_END) {
      *end = SILT_END_COMPLETE | guessed;
      return count;
    } else if (rule == SILT_RULE_GENERAL) {
      return silt_cfi_walk_general(&here, pcs, max, end);
    } else {
      // A guess may lead into a module that is just being unmapped.
      struct silt_frame caller = frame;  // the loop's own frame stays in registers
      if (rule == SILT_RULE_STOP || silt_rules_bypassed(epoch) ||
          !silt_cfi_guess(&caller, &bounds)) {
        *end = SILT_END_UNWIND | guessed;
        return count;
      }
      frame = caller;
      guessed = SILT_END_GUESSED;
    }
    if (SILT_UNLIKELY(frame.pc == 0)) {
      *end = SILT_END_COMPLETE | guessed;
      return count;
    }
    if (SILT_UNLIKELY(count == max)) {
      *end = SILT_END_DEPTH | guessed;
      return count;
    }
    lookup = frame.pc - 1;
    pcs[count++] = lookup;
  }
}

void silt_cfi_init(void) {
  uint64_t pcs[SILT_MAX_DEPTH];
  uint8_t end;
  silt_bounds_init();
  silt_cfi_unwind(pcs, SILT_MAX_DEPTH, &end);
}

void silt_cfi_unload_begin(void) {
  silt_rules_unload_begin();
}

void silt_cfi_unload_end(void) {
  silt_rules_unload_end();
}

void silt_cfi_after_fork(void) {
  silt_rules_after_fork();
}
