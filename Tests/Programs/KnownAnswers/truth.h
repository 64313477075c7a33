// SPDX-License-Identifier: Apache-2.0
//
// The ledger in which a known-answer program writes what each of its functions allocates, so that a
// profile taken with SILT_INTERVAL=1 can be compared with it to the byte. It never allocates. Any
// thread may call it.
//
// A function with an answer is an ANSWER: never inlined or cloned, so that its name stands in every
// stack it is in, and never calling another one, so that what it has cumulatively is its own.
//
// A realloc that succeeds is a free of the old size, in the answer of the function that the block
// came from, and an allocation of the new size. Sizes are those requested.
#ifndef TRUTH_H
#define TRUTH_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ANSWER __attribute__((noinline, noclone))

// A block and the function whose answer it is in; the address is NULL if the request failed.
struct block {
  void *address;
  size_t size;
  const char *owner;
};

// Notes one allocation or one free in `function`'s answer.
void truth_allocated(const char *function, size_t size);
void truth_freed(const char *function, size_t size);

// Notes the allocation, if there is one, and gives the block. `owner` must live as long as the
// block.
struct block truth_take(const char *owner, void *address, size_t size);

// A failed realloc leaves `old` as it was; one that succeeds replaces it by the block that is
// returned. One that returns NULL for a size of 0 has freed it.
struct block truth_resize(struct block old, const char *owner, void *address, size_t size);

// Notes the free of a block, and gives its address to be freed.
void *truth_drop(struct block block);

// Forgets all answers: what a child's profile does at the fork.
void truth_reset(void);

// Writes `truth FUNCTION LIVE_OBJECTS LIVE_BYTES ALLOC_OBJECTS ALLOC_BYTES` for each function, in
// order of names.
void truth_print(void);

// Prints the answers and the line `ready`, then does what the first argument says: waits for a line
// or the end of standard input (no argument), returns at once (`exit`), aborts (`abort`), or kills
// itself (`kill`). Returns main's result.
int truth_finish(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
