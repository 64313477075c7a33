// SPDX-License-Identifier: Apache-2.0
//
// Evaluates the DWARF expressions of call-frame information, from a frame's registers and the part
// of the stack that may be read. Any thread, any signal handler; time and space are bounded.
#ifndef SILT_CFI_EXPRESSION_H
#define SILT_CFI_EXPRESSION_H

#include "cfi/bounds.h"
#include "cfi/find.h"
#include "cfi/registers.h"

// `cfa`, unless NULL, is put on the expression's stack first. False if the expression is malformed,
// or needs a register that is not known or memory that may not be read.
bool silt_cfi_evaluate(struct silt_bytes expression, const uint64_t *cfa,
                       const struct silt_registers *registers, struct silt_bounds *bounds,
                       uint64_t *result);

#endif
