// SPDX-License-Identifier: Apache-2.0
//
// The instructions are those of DWARF 5, section 6.4.2, and the additions of GNU.
#include "cfi/program.h"

#include "cfi/cursor.h"

enum {
  CFA_NOP = 0x00,
  CFA_SET_LOC = 0x01,
  CFA_ADVANCE_LOC1 = 0x02,
  CFA_ADVANCE_LOC2 = 0x03,
  CFA_ADVANCE_LOC4 = 0x04,
  CFA_OFFSET_EXTENDED = 0x05,
  CFA_RESTORE_EXTENDED = 0x06,
  CFA_UNDEFINED = 0x07,
  CFA_SAME_VALUE = 0x08,
  CFA_REGISTER = 0x09,
  CFA_REMEMBER_STATE = 0x0a,
  CFA_RESTORE_STATE = 0x0b,
  CFA_DEF_CFA = 0x0c,
  CFA_DEF_CFA_REGISTER = 0x0d,
  CFA_DEF_CFA_OFFSET = 0x0e,
  CFA_DEF_CFA_EXPRESSION = 0x0f,
  CFA_EXPRESSION = 0x10,
  CFA_OFFSET_EXTENDED_SF = 0x11,
  CFA_DEF_CFA_SF = 0x12,
  CFA_DEF_CFA_OFFSET_SF = 0x13,
  CFA_VAL_OFFSET = 0x14,
  CFA_VAL_OFFSET_SF = 0x15,
  CFA_VAL_EXPRESSION = 0x16,
  CFA_AARCH64_NEGATE_RA_STATE = 0x2d,  // return addresses are signed: we always strip that
  CFA_GNU_ARGS_SIZE = 0x2e,
  CFA_GNU_NEGATIVE_OFFSET_EXTENDED = 0x2f,
  // The two high bits are the instruction, the rest is its operand.
  CFA_ADVANCE_LOC = 0x40,
  CFA_OFFSET = 0x80,
  CFA_RESTORE = 0xc0,
};

// Compilers nest to a depth of one, assembly to two.
#define MAX_REMEMBERED 4

struct machine {
  const struct silt_cfi_entry *entry;
  struct silt_cfi_row *row;
  struct silt_cfi_row initial;  // after the CIE's instructions: what a restore returns to
  struct silt_cfi_row remembered[MAX_REMEMBERED];
  uint32_t depth;
  uint64_t location;  // the address from which the current row holds
  bool failed;
};

static void program_set_rule(struct machine *m, uint64_t number, enum silt_cfi_where where,
                             int64_t value) {
  if (number >= SILT_REGISTERS) return;  // a vector register, which no walk needs
  if (value != (int32_t)value) {
    m->failed = true;
    return;
  }
  m->row->where[number] = (uint8_t)where;
  m->row->value[number] = (int32_t)value;
}

static void program_restore_rule(struct machine *m, uint64_t number) {
  if (number >= SILT_REGISTERS) return;
  m->row->where[number] = m->initial.where[number];
  m->row->value[number] = m->initial.value[number];
}

static void program_set_expression(struct machine *m, struct silt_cursor *c,
                                   enum silt_cfi_where where) {
  uint64_t number = silt_cursor_uleb(c);
  program_set_rule(m, number, where, c->at - m->entry->program.at);
  silt_cursor_skip(c, silt_cursor_uleb(c));
}

static void program_set_cfa(struct machine *m, uint64_t number, int64_t offset) {
  m->row->cfa_expression.at = NULL;
  m->row->cfa_register = (uint32_t)number;
  m->row->cfa_offset = offset;
  if (number >= SILT_REGISTERS) m->failed = true;
}

static void program_set_cfa_expression(struct machine *m, struct silt_cursor *c) {
  uint64_t size = silt_cursor_uleb(c);
  m->row->cfa_expression = (struct silt_bytes){c->at, (uint32_t)size};
  silt_cursor_skip(c, size);
}

static void program_remember(struct machine *m) {
  if (m->depth == MAX_REMEMBERED) {
    m->failed = true;
  } else {
    m->remembered[m->depth++] = *m->row;
  }
}

static void program_restore(struct machine *m) {
  if (m->depth == 0) {
    m->failed = true;
  } else {
    *m->row = m->remembered[--m->depth];
  }
}

static void program_advance(struct machine *m, uint64_t delta) {
  m->location += delta * m->entry->code_align;
}

// The instructions that do not advance and whose operands are not in their first byte.
static void program_run_extended(struct machine *m, struct silt_cursor *c, uint8_t opcode) {
  int64_t align = m->entry->data_align;
  uint64_t number;
  switch (opcode) {
    case CFA_NOP:
    case CFA_AARCH64_NEGATE_RA_STATE:
      break;
    case CFA_GNU_ARGS_SIZE:
      silt_cursor_uleb(c);
      break;
    case CFA_OFFSET_EXTENDED:
      number = silt_cursor_uleb(c);
      program_set_rule(m, number, SILT_CFI_OFFSET, (int64_t)silt_cursor_uleb(c) * align);
      break;
    case CFA_OFFSET_EXTENDED_SF:
      number = silt_cursor_uleb(c);
      program_set_rule(m, number, SILT_CFI_OFFSET, silt_cursor_sleb(c) * align);
      break;
    case CFA_GNU_NEGATIVE_OFFSET_EXTENDED:
      number = silt_cursor_uleb(c);
      program_set_rule(m, number, SILT_CFI_OFFSET, -(int64_t)silt_cursor_uleb(c) * align);
      break;
    case CFA_VAL_OFFSET:
      number = silt_cursor_uleb(c);
      program_set_rule(m, number, SILT_CFI_VALUE_OFFSET, (int64_t)silt_cursor_uleb(c) * align);
      break;
    case CFA_VAL_OFFSET_SF:
      number = silt_cursor_uleb(c);
      program_set_rule(m, number, SILT_CFI_VALUE_OFFSET, silt_cursor_sleb(c) * align);
      break;
    case CFA_REGISTER:
      number = silt_cursor_uleb(c);
      program_set_rule(m, number, SILT_CFI_REGISTER, (int64_t)silt_cursor_uleb(c));
      break;
    case CFA_UNDEFINED:
      program_set_rule(m, silt_cursor_uleb(c), SILT_CFI_UNDEFINED, 0);
      break;
    case CFA_SAME_VALUE:
      program_set_rule(m, silt_cursor_uleb(c), SILT_CFI_SAME, 0);
      break;
    case CFA_RESTORE_EXTENDED:
      program_restore_rule(m, silt_cursor_uleb(c));
      break;
    case CFA_EXPRESSION:
      program_set_expression(m, c, SILT_CFI_EXPRESSION);
      break;
    case CFA_VAL_EXPRESSION:
      program_set_expression(m, c, SILT_CFI_VALUE_EXPRESSION);
      break;
    case CFA_DEF_CFA:
      number = silt_cursor_uleb(c);
      program_set_cfa(m, number, (int64_t)silt_cursor_uleb(c));
      break;
    case CFA_DEF_CFA_SF:
      number = silt_cursor_uleb(c);
      program_set_cfa(m, number, silt_cursor_sleb(c) * align);
      break;
    case CFA_DEF_CFA_REGISTER:
      program_set_cfa(m, silt_cursor_uleb(c), m->row->cfa_offset);
      break;
    case CFA_DEF_CFA_OFFSET:
      program_set_cfa(m, m->row->cfa_register, (int64_t)silt_cursor_uleb(c));
      break;
    case CFA_DEF_CFA_OFFSET_SF:
      program_set_cfa(m, m->row->cfa_register, silt_cursor_sleb(c) * align);
      break;
    case CFA_DEF_CFA_EXPRESSION:
      program_set_cfa_expression(m, c);
      break;
    case CFA_REMEMBER_STATE:
      program_remember(m);
      break;
    case CFA_RESTORE_STATE:
      program_restore(m);
      break;
    default:
      m->failed = true;
  }
}

static void program_run(struct machine *m, struct silt_bytes program, uint64_t pc) {
  struct silt_cursor c = {program.at, program.at + program.size, false};
  while (c.at < c.end && !c.failed && !m->failed && m->location <= pc) {
    uint8_t opcode = silt_cursor_u8(&c);
    uint8_t operand = opcode & 0x3f;
    switch (opcode & 0xc0) {
      case CFA_ADVANCE_LOC:
        program_advance(m, operand);
        continue;
      case CFA_OFFSET:
        program_set_rule(m, operand, SILT_CFI_OFFSET,
                         (int64_t)silt_cursor_uleb(&c) * m->entry->data_align);
        continue;
      case CFA_RESTORE:
        program_restore_rule(m, operand);
        continue;
    }
    switch (opcode) {
      case CFA_ADVANCE_LOC1:
        program_advance(m, silt_cursor_fixed(&c, 1));
        break;
      case CFA_ADVANCE_LOC2:
        program_advance(m, silt_cursor_fixed(&c, 2));
        break;
      case CFA_ADVANCE_LOC4:
        program_advance(m, silt_cursor_fixed(&c, 4));
        break;
      case CFA_SET_LOC:
        m->location = silt_cfi_pointer(&c, m->entry->pointer_encoding);
        break;
      default:
        program_run_extended(m, &c, opcode);
    }
  }
  if (c.failed) m->failed = true;
}

bool silt_cfi_row_at(const struct silt_cfi_entry *entry, uint64_t pc, struct silt_cfi_row *row) {
  if (entry->return_column >= SILT_REGISTERS) return false;
  struct machine m;
  m.entry = entry;
  m.row = row;
  m.depth = 0;
  m.location = entry->start;
  m.failed = false;
  *row = (struct silt_cfi_row){.cfa_register = SILT_REG_SP};
  m.initial = *row;
  program_run(&m, entry->initial, pc);
  m.initial = *row;
  program_run(&m, entry->program, pc);
  return !m.failed;
}

struct silt_bytes silt_cfi_row_expression(const struct silt_cfi_entry *entry,
                                          const struct silt_cfi_row *row, uint32_t number) {
  // silt_cfi_row_at has read this: the length is there and the expression fits.
  const uint8_t *at = entry->program.at + row->value[number];
  struct silt_cursor c = {at, at + 16, false};
  uint64_t size = silt_cursor_uleb(&c);
  return (struct silt_bytes){c.at, (uint32_t)size};
}
