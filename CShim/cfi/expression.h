// SPDX-License-Identifier: Apache-2.0
//
// Evaluates the DWARF expressions of call-frame information, over a frame's registers and the part
// of the stack that may be read. Any thread, any signal handler; bounded in time and space.
#ifndef SILT_CFI_EXPRESSION_H
#define SILT_CFI_EXPRESSION_H

#include "cfi/bounds.h"
#include "cfi/find.h"
#include "cfi/registers.h"

// With `cfa` as the first word on its stack if it is not NULL. False if the expression needs a
// register that is not known or memory that may not be read, or is not one.
bool silt_cfi_evaluate(struct silt_bytes expression, const uint64_t *cfa,
                       const struct silt_registers *registers, struct silt_bounds *bounds,
                       uint64_t *result);

#endif
