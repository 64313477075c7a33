// SPDX-License-Identifier: Apache-2.0
//
// The frame that the kernel pushes for a signal handler, where call-frame information does not
// describe it: aarch64, whose vDSO forgets the interrupted pc (and an emulator's has nothing at
// all). On x86-64 libc's own is complete, and nothing here applies. Any thread, any signal handler.
#ifndef SILT_CFI_SIGNAL_H
#define SILT_CFI_SIGNAL_H

#include "cfi/bounds.h"
#include "cfi/registers.h"

// Whether a handler that returns to `pc` returns from a signal, by the code there.
bool silt_cfi_is_sigreturn(uint64_t pc);

// Replaces the registers of a frame at such a pc with the interrupted ones; false if they cannot be
// read.
bool silt_cfi_interrupted(struct silt_registers *registers, struct silt_bounds *bounds);

#endif
