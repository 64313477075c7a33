// SPDX-License-Identifier: Apache-2.0
//
// Runs a call-frame program up to an address, which gives the row of the unwind table for that
// address: where the caller's value of each register is. Does not read the stack. Any thread, any
// signal handler; uses under 1 KiB of stack.
#ifndef SILT_CFI_PROGRAM_H
#define SILT_CFI_PROGRAM_H

#include "cfi/find.h"
#include "cfi/registers.h"

// Where the caller's value of a register is. CFA is the canonical frame address: the caller's stack
// pointer at the call.
enum silt_cfi_where {
  SILT_CFI_SAME = 0,          // still in the register
  SILT_CFI_UNDEFINED,         // lost
  SILT_CFI_OFFSET,            // in memory at CFA + value
  SILT_CFI_VALUE_OFFSET,      // is CFA + value
  SILT_CFI_REGISTER,          // in register number `value`
  SILT_CFI_EXPRESSION,        // in memory where an expression says
  SILT_CFI_VALUE_EXPRESSION,  // is what an expression says
};

struct silt_cfi_row {
  struct silt_bytes cfa_expression;  // at == NULL: CFA is cfa_register + cfa_offset
  int64_t cfa_offset;
  uint32_t cfa_register;
  // For expressions, `value` is the offset of the expression's length from entry->program.at.
  int32_t value[SILT_REGISTERS];
  uint8_t where[SILT_REGISTERS];  // enum silt_cfi_where
};

// False if the program has an instruction that is unknown or makes no sense. `pc` is in `entry`.
bool silt_cfi_row_at(const struct silt_cfi_entry *entry, uint64_t pc, struct silt_cfi_row *row);

// The expression of a register whose rule is one of the two kinds of expression.
struct silt_bytes silt_cfi_row_expression(const struct silt_cfi_entry *entry,
                                          const struct silt_cfi_row *row, uint32_t number);

#endif
