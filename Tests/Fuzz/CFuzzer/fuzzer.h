// SPDX-License-Identifier: Apache-2.0
//
// What libFuzzer offers to a target's own mutations. Its headers do not declare it.
#ifndef SILT_FUZZER_H
#define SILT_FUZZER_H

#include <stddef.h>
#include <stdint.h>

// Changes bytes in place by libFuzzer's own mutations; returns how many there are then.
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t room);

#endif
