// SPDX-License-Identifier: Apache-2.0
//
// Unwinds the calling thread's stack by call-frame information, from a cache of rules.
//
// Callers: any thread, any signal handler, inside malloc, in constructors. No lock, no allocation,
// no file, and per thread only a few words of static TLS; errno is kept. The only system call is
// the probe of bounds.h. Never faults, whatever is on the stack: every read is aligned and within
// memory that is known to be this stack, and each frame is further out than the one before.
//
// A frame that it cannot pass ends the stack; *end says why, and the caller counts the loss. All
// threads share one table of rules (rules.h); when it is full, old rules are replaced.
#ifndef SILT_UNWIND_CFI_H
#define SILT_UNWIND_CFI_H

#include <stdbool.h>
#include <stdint.h>

// Walks from the caller of this function. Writes at most `max` frame pcs to `pcs`, leaf first: the
// return address - 1, or the exact pc in a frame that a signal interrupted. Returns how many. *end
// is an enum silt_stack_end, or'ed with SILT_END_GUESSED if a frame had to be guessed: the frames
// above it are likely, not proven. About 5 ns a frame once the rules are known; uses under 2 KiB of
// stack.
uint32_t silt_cfi_unwind(uint64_t *pcs, uint32_t max, uint8_t *end);

// From the constructor, on the main thread: finds its stack. Walks before this are correct, but
// slow.
void silt_cfi_init(void);

// Around the real dlclose, on the same thread; may nest. In between, the walks of all threads use
// no table and do not guess. `end` forgets all rules, also if nothing was unloaded: to ask the
// loader would take a lock that others hold while they wait for the caller.
void silt_cfi_unload_begin(void);
void silt_cfi_unload_end(void);

// What has been unloaded so far, as a number that changes with it, for who keeps facts about
// addresses. False while something is being unloaded: nothing that was kept holds then, and nothing
// may be.
bool silt_cfi_unloads(uint64_t *unloads);

// In the child of a fork, before it walks.
void silt_cfi_after_fork(void);

#endif
