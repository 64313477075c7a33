// SPDX-License-Identifier: Apache-2.0
//
// The operations of DWARF 5, section 2.5.1, that need no type information. Division is left out: it
// can trap, and no compiler uses it here.
#include "cfi/expression.h"

#include "cfi/cursor.h"

enum {
  OP_DEREF = 0x06,
  OP_CONST1U = 0x08,
  OP_CONST1S = 0x09,
  OP_CONST2U = 0x0a,
  OP_CONST2S = 0x0b,
  OP_CONST4U = 0x0c,
  OP_CONST4S = 0x0d,
  OP_CONST8U = 0x0e,
  OP_CONST8S = 0x0f,
  OP_CONSTU = 0x10,
  OP_CONSTS = 0x11,
  OP_DUP = 0x12,
  OP_DROP = 0x13,
  OP_OVER = 0x14,
  OP_PICK = 0x15,
  OP_SWAP = 0x16,
  OP_AND = 0x1a,
  OP_MINUS = 0x1c,
  OP_MUL = 0x1e,
  OP_NEG = 0x1f,
  OP_NOT = 0x20,
  OP_OR = 0x21,
  OP_PLUS = 0x22,
  OP_PLUS_UCONST = 0x23,
  OP_SHL = 0x24,
  OP_SHR = 0x25,
  OP_SHRA = 0x26,
  OP_XOR = 0x27,
  OP_BRA = 0x28,
  OP_EQ = 0x29,
  OP_GE = 0x2a,
  OP_GT = 0x2b,
  OP_LE = 0x2c,
  OP_LT = 0x2d,
  OP_NE = 0x2e,
  OP_SKIP = 0x2f,
  OP_LIT0 = 0x30,
  OP_LIT31 = 0x4f,
  OP_BREG0 = 0x70,
  OP_BREG31 = 0x8f,
  OP_BREGX = 0x92,
  OP_NOP = 0x96,
};

#define MAX_STACK 16
#define MAX_OPERATIONS 128  // a branch backwards could loop for ever

struct evaluator {
  const struct silt_registers *registers;
  struct silt_bounds *bounds;
  uint64_t stack[MAX_STACK];
  uint32_t depth;
  bool failed;
};

static void expression_push(struct evaluator *e, uint64_t value) {
  if (e->depth == MAX_STACK) {
    e->failed = true;
  } else {
    e->stack[e->depth++] = value;
  }
}

static uint64_t expression_pop(struct evaluator *e) {
  if (e->depth == 0) {
    e->failed = true;
    return 0;
  }
  return e->stack[--e->depth];
}

static uint64_t expression_peek(struct evaluator *e, uint64_t index) {
  if (index >= e->depth) {
    e->failed = true;
    return 0;
  }
  return e->stack[e->depth - 1 - index];
}

static void expression_push_register(struct evaluator *e, uint64_t number, int64_t offset) {
  if (!silt_register_known(e->registers, number)) {
    e->failed = true;
  } else {
    expression_push(e, e->registers->value[number] + (uint64_t)offset);
  }
}

static void expression_dereference(struct evaluator *e) {
  uint64_t value;
  if (silt_bounds_read(e->bounds, expression_pop(e), &value)) {
    expression_push(e, value);
  } else {
    e->failed = true;
  }
}

static void expression_swap(struct evaluator *e) {
  uint64_t top = expression_pop(e), below = expression_pop(e);
  expression_push(e, top);
  expression_push(e, below);
}

static void expression_branch(struct evaluator *e, struct silt_cursor *c, const uint8_t *start,
                              bool taken) {
  int64_t distance = silt_cursor_signed(c, 2);
  if (!taken) return;
  if (distance < start - c->at || distance > c->end - c->at) {
    e->failed = true;
  } else {
    c->at += distance;
  }
}

static uint64_t expression_binary(struct evaluator *e, uint8_t operation) {
  uint64_t b = expression_pop(e), a = expression_pop(e);
  switch (operation) {
    case OP_AND:
      return a & b;
    case OP_MINUS:
      return a - b;
    case OP_MUL:
      return a * b;
    case OP_OR:
      return a | b;
    case OP_PLUS:
      return a + b;
    case OP_SHL:
      return b < 64 ? a << b : 0;
    case OP_SHR:
      return b < 64 ? a >> b : 0;
    case OP_SHRA:
      return (uint64_t)((int64_t)a >> (b < 64 ? b : 63));
    case OP_XOR:
      return a ^ b;
    case OP_EQ:
      return a == b;
    case OP_GE:
      return (int64_t)a >= (int64_t)b;
    case OP_GT:
      return (int64_t)a > (int64_t)b;
    case OP_LE:
      return (int64_t)a <= (int64_t)b;
    case OP_LT:
      return (int64_t)a < (int64_t)b;
    case OP_NE:
      return a != b;
    default:
      e->failed = true;
      return 0;
  }
}

static void expression_operate(struct evaluator *e, struct silt_cursor *c, const uint8_t *start) {
  uint8_t operation = silt_cursor_u8(c);
  if (operation >= OP_LIT0 && operation <= OP_LIT31) {
    expression_push(e, operation - OP_LIT0);
    return;
  }
  if (operation >= OP_BREG0 && operation <= OP_BREG31) {
    expression_push_register(e, operation - OP_BREG0, silt_cursor_sleb(c));
    return;
  }
  switch (operation) {
    case OP_NOP:
      break;
    case OP_CONST1U:
    case OP_CONST2U:
    case OP_CONST4U:
    case OP_CONST8U:
      expression_push(e, silt_cursor_fixed(c, (size_t)1 << (operation - OP_CONST1U) / 2));
      break;
    case OP_CONST1S:
    case OP_CONST2S:
    case OP_CONST4S:
    case OP_CONST8S:
      expression_push(e,
                      (uint64_t)silt_cursor_signed(c, (size_t)1 << (operation - OP_CONST1S) / 2));
      break;
    case OP_CONSTU:
      expression_push(e, silt_cursor_uleb(c));
      break;
    case OP_CONSTS:
      expression_push(e, (uint64_t)silt_cursor_sleb(c));
      break;
    case OP_BREGX: {
      uint64_t number = silt_cursor_uleb(c);
      expression_push_register(e, number, silt_cursor_sleb(c));
      break;
    }
    case OP_DEREF:
      expression_dereference(e);
      break;
    case OP_DUP:
      expression_push(e, expression_peek(e, 0));
      break;
    case OP_DROP:
      expression_pop(e);
      break;
    case OP_OVER:
      expression_push(e, expression_peek(e, 1));
      break;
    case OP_PICK:
      expression_push(e, expression_peek(e, silt_cursor_u8(c)));
      break;
    case OP_SWAP:
      expression_swap(e);
      break;
    case OP_NEG:
      expression_push(e, -expression_pop(e));
      break;
    case OP_NOT:
      expression_push(e, ~expression_pop(e));
      break;
    case OP_PLUS_UCONST:
      expression_push(e, expression_pop(e) + silt_cursor_uleb(c));
      break;
    case OP_SKIP:
      expression_branch(e, c, start, true);
      break;
    case OP_BRA:
      expression_branch(e, c, start, expression_pop(e) != 0);
      break;
    default:
      expression_push(e, expression_binary(e, operation));
  }
}

bool silt_cfi_evaluate(struct silt_bytes expression, const uint64_t *cfa,
                       const struct silt_registers *registers, struct silt_bounds *bounds,
                       uint64_t *result) {
  struct evaluator e = {.registers = registers, .bounds = bounds, .depth = 0, .failed = false};
  struct silt_cursor c = {expression.at, expression.at + expression.size, false};
  if (cfa != NULL) expression_push(&e, *cfa);
  for (uint32_t count = 0; c.at < c.end && !c.failed && !e.failed; count++) {
    if (count == MAX_OPERATIONS) return false;
    expression_operate(&e, &c, expression.at);
  }
  *result = expression_pop(&e);
  return !c.failed && !e.failed;
}
