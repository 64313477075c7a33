// SPDX-License-Identifier: Apache-2.0
//
// The walk by packed rules. When a stack has a frame that needs more, which is rare, the whole
// stack is walked again by general.c.
#include "cfi/walk.h"

#include "base/objects.h"
#include "cfi/general.h"
#include "cfi/guess.h"
#include "cfi/rules.h"
#include "cfi/signal.h"
#include "include/silt_format.h"

// Finds the rule for the code before `pc` in the call-frame information, and caches it.
static SILT_COLD uint32_t walk_miss(uint64_t pc, uint64_t epoch) {
  struct silt_cfi_entry entry;
  struct silt_cfi_row row;
  uint32_t rule = SILT_RULE_STOP;
  enum silt_cfi_found found = silt_cfi_find(pc - 1, &entry);
  switch (found) {
    case SILT_CFI_FOUND:
      if (silt_cfi_row_at(&entry, pc - 1, &row)) rule = silt_rule_pack(&entry, &row);
      break;
    case SILT_CFI_NO_MODULE:
      rule = silt_cfi_is_sigreturn(pc) ? SILT_RULE_GENERAL : SILT_RULE_GUESS;
      break;
    case SILT_CFI_NO_ENTRY:
      rule = silt_cfi_is_sigreturn(pc) ? SILT_RULE_GENERAL
             : silt_cfi_was_called(pc) ? SILT_RULE_GUESS
                                       : SILT_RULE_END;
      break;
    case SILT_CFI_OUTERMOST:
      rule = SILT_RULE_END;
      break;
    case SILT_CFI_UNREADABLE:
      break;
  }
  // Never cache "no module": one may be loaded there at any time.
  if (found != SILT_CFI_NO_MODULE) silt_rules_insert(pc, rule, epoch);
  return rule;
}

__attribute__((noinline)) uint32_t silt_cfi_unwind(uint64_t *pcs, uint32_t max, uint8_t *end) {
  struct silt_registers here;
  silt_registers_capture(&here);
  struct silt_frame frame = {here.value[SILT_REG_PC], here.value[SILT_REG_SP],
                             here.value[SILT_REG_FP]};
  uint64_t epoch = silt_rules_epoch();
  // During an unload nothing is cached, and a guess might lead into code that is being unmapped.
  if (SILT_UNLIKELY(silt_rules_bypassed(epoch))) {
    return silt_cfi_walk_general(&here, false, pcs, max, end);
  }
  struct silt_bounds bounds;
  silt_bounds_at(&bounds, frame.sp);
  uint8_t guessed = 0;
  uint32_t count = 0;
  for (;;) {
    // Keeps these in three registers. The compiler would put them into a vector, at twice the time.
    __asm__("" : "+r"(frame.pc), "+r"(frame.sp), "+r"(frame.fp));
    uint32_t rule = silt_rules_find(frame.pc);
    if (SILT_UNLIKELY(rule == SILT_RULE_NONE)) rule = walk_miss(frame.pc, epoch);
    if (SILT_LIKELY((rule & SILT_RULE_BASE) != SILT_RULE_SPECIAL)) {
      if (SILT_UNLIKELY(!silt_rule_apply(rule, &frame, &bounds))) {
        *end = SILT_END_BOUNDS | guessed;
        return count;
      }
    } else if (rule == SILT_RULE_END) {
      *end = SILT_END_COMPLETE | guessed;
      return count;
    } else if (rule == SILT_RULE_GENERAL) {
      return silt_cfi_walk_general(&here, true, pcs, max, end);
    } else {
      struct silt_frame caller = frame;  // a copy, so that `frame` can stay in registers
      if (rule == SILT_RULE_STOP || !silt_cfi_guess(&caller, &bounds)) {
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
    pcs[count++] = frame.pc - 1;
  }
}

void silt_cfi_init(void) {
  silt_bounds_init();
}

void silt_cfi_unload_begin(void) {
  silt_rules_unload_begin();
}

void silt_cfi_unload_end(void) {
  silt_rules_unload_end();
}

bool silt_cfi_unloads(uint64_t *unloads) {
  uint64_t epoch = silt_rules_epoch();  // first: an unload sets what it has cleared, then ends
  *unloads = load_relaxed(&silt_rules_cleared);
  return !silt_rules_bypassed(epoch);
}

void silt_cfi_after_fork(void) {
  silt_objects_after_fork();
  silt_rules_after_fork();
}
