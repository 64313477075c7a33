// SPDX-License-Identifier: Apache-2.0
//
// The frame that the kernel pushes for a signal handler, on aarch64: there the vDSO's call-frame
// information lacks the interrupted pc, and an emulator has none at all. On x86-64, libc describes
// this frame completely, and both functions return false. Any thread, any signal handler.
#ifndef SILT_CFI_SIGNAL_H
#define SILT_CFI_SIGNAL_H

#include "cfi/bounds.h"
#include "cfi/registers.h"

// Whether the code at `pc` is a return from a signal.
bool silt_cfi_is_sigreturn(uint64_t pc);

// Replaces the registers of a frame at such a pc by the interrupted ones. False if they cannot be
// read.
bool silt_cfi_interrupted(struct silt_registers *registers, struct silt_bounds *bounds);

#endif
