// SPDX-License-Identifier: Apache-2.0
//
// Decides which rows fit into a packed rule.
#include "cfi/rule.h"

// Packs the CFA's offset, if it is between low and high.
static bool rule_pack_offset(int64_t offset, int64_t low, int64_t high, uint32_t *rule) {
  if (offset % SILT_RULE_CFA_UNIT != 0 || offset < low || offset > high) return false;
  *rule = (uint32_t)offset & SILT_RULE_CFA;
  return true;
}

// Packs the place at CFA + `offset`.
static bool rule_pack_slot(int64_t offset, uint32_t *field) {
  if (offset >= 0 || offset % 8 != 0 || -offset / 8 > SILT_RULE_SLOT) return false;
  *field = (uint32_t)(-offset / 8) << SILT_RULE_SLOT_SHIFT;
  return true;
}

static bool rule_pack_base(const struct silt_cfi_row *row, uint32_t *base) {
  if (row->cfa_register != SILT_REG_SP && row->cfa_register != SILT_REG_FP) return false;
  if (!rule_pack_offset(row->cfa_offset, 0, SILT_RULE_CFA, base)) return false;
  *base |= row->cfa_register == SILT_REG_SP ? SILT_RULE_FROM_SP : SILT_RULE_FROM_FP;
  return true;
}

#if defined(__x86_64__)

// GCC's realigned stack: CFA = *(rbp + n), and the caller's rbp is at *rbp.
static bool rule_pack_stored(const struct silt_cfi_entry *entry, const struct silt_cfi_row *row,
                             uint32_t *rule) {
  enum { OP_DEREF = 0x06, OP_BREG_FP = 0x70 + SILT_REG_FP };
  if (row->where[SILT_REG_FP] != SILT_CFI_EXPRESSION) return false;
  struct silt_bytes fp = silt_cfi_row_expression(entry, row, SILT_REG_FP);
  struct silt_bytes cfa = row->cfa_expression;
  // The offset fits into one byte: the word is just below the saved registers.
  if (fp.size != 2 || fp.at[0] != OP_BREG_FP || fp.at[1] != 0) return false;
  if (cfa.size != 3 || cfa.at[0] != OP_BREG_FP || cfa.at[1] >= 0x80 || cfa.at[2] != OP_DEREF) {
    return false;
  }
  int64_t offset = cfa.at[1] & 0x40 ? (int64_t)cfa.at[1] - 0x80 : cfa.at[1];
  if (!rule_pack_offset(offset, -64, 64, rule)) return false;
  *rule |= SILT_RULE_STORED;
  return true;
}

static bool rule_pack_row(const struct silt_cfi_entry *entry, const struct silt_cfi_row *row,
                          uint32_t *rule) {
  if (row->where[SILT_REG_PC] != SILT_CFI_OFFSET || row->value[SILT_REG_PC] != -8) return false;
  if (row->cfa_expression.at != NULL) return rule_pack_stored(entry, row, rule);
  uint32_t slot = 0;
  if (row->where[SILT_REG_FP] == SILT_CFI_OFFSET) {
    if (!rule_pack_slot(row->value[SILT_REG_FP], &slot)) return false;
  } else if (row->where[SILT_REG_FP] > SILT_CFI_UNDEFINED) {
    return false;
  }
  if (!rule_pack_base(row, rule)) return false;
  *rule |= slot;
  return true;
}

#elif defined(__aarch64__)

static bool rule_pack_row(const struct silt_cfi_entry *entry, const struct silt_cfi_row *row,
                          uint32_t *rule) {
  (void)entry;
  if (row->cfa_expression.at != NULL || row->where[SILT_REG_LR] != SILT_CFI_OFFSET) return false;
  int64_t link = row->value[SILT_REG_LR];
  uint32_t slot;
  if (row->where[SILT_REG_FP] == SILT_CFI_OFFSET) {
    if (row->value[SILT_REG_FP] + 8 != link || !rule_pack_slot(link - 8, &slot)) return false;
  } else {
    if (row->where[SILT_REG_FP] > SILT_CFI_UNDEFINED || !rule_pack_slot(link, &slot)) return false;
    slot |= SILT_RULE_LINK_ONLY;
  }
  if (!rule_pack_base(row, rule)) return false;
  *rule |= slot;
  return true;
}

#endif

uint32_t silt_rule_pack(const struct silt_cfi_entry *entry, const struct silt_cfi_row *row) {
  uint32_t rule = SILT_RULE_NONE;
  if (row->where[entry->return_column] == SILT_CFI_UNDEFINED) return SILT_RULE_END;
  if (entry->signal_frame || row->where[SILT_REG_SP] != SILT_CFI_SAME) return SILT_RULE_GENERAL;
  return rule_pack_row(entry, row, &rule) ? rule : SILT_RULE_GENERAL;
}
