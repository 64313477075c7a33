// SPDX-License-Identifier: Apache-2.0
//
// Unwinds the calling thread's stack by call-frame information, from a cache of rules.
//
// Callers: any thread, in any signal handler, inside malloc, in constructors. No lock, no
// allocation, no file, nothing per thread but a few words of static TLS; errno is kept. The only
// system call is the probe of bounds.h. Never faults, whatever the stack holds: every read is
// aligned and within memory that is known to be this stack, and each frame lies further out than
// the one before.
//
// What it does not know ends the stack and is said in *end; loss is the caller's to count. Rules
// live in one table for all threads (rules.h): a full table forgets, it does not refuse.
#ifndef SILT_UNWIND_CFI_H
#define SILT_UNWIND_CFI_H

#include <stdbool.h>
#include <stdint.h>

// Walks from the caller of this function. Writes at most `max` frame pcs to `pcs`, leaf first: the
// return address - 1, or the exact pc in a frame that a signal interrupted. Returns how many. *end
// gets an enum silt_stack_end, or'ed with SILT_END_GUESSED: the frames above an unknown one are
// likely, not proven. About 5 ns a frame once its rules are known; uses under 2 KiB of stack.
uint32_t silt_cfi_unwind(uint64_t *pcs, uint32_t max, uint8_t *end);

// From the constructor, on the main thread: finds its stack and primes the first walk. Walks made
// before are right, but slow.
void silt_cfi_init(void);

// Around the real dlclose, on the same thread; may nest. Walks made by any thread in between look
// everything up anew and do not guess. `end` takes the loader's lock for a moment: not in a
// handler.
void silt_cfi_unload_begin(void);
void silt_cfi_unload_end(void);

// What has been unloaded so far, as a number that changes with it, for who keeps facts about
// addresses. False while something is being unloaded: nothing that was kept holds then, and nothing
// may be.
bool silt_cfi_unloads(uint64_t *unloads);

// In the child of a fork, before it walks.
void silt_cfi_after_fork(void);

#endif
