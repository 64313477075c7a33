// SPDX-License-Identifier: Apache-2.0
//
// The blocks in use: slots that all threads take from and put into, so that one thread frees what
// another allocated.
#ifndef BLOCKS_H
#define BLOCKS_H

#include "chance.h"

// One random call of the malloc family, of whatever depth.
void blocks_step(struct chance *);
// The same for a handler: C functions only, and it does nothing inside the allocator.
// One more step, called along a path: as many stacks as there are paths of that depth.
void blocks_step_along(struct chance *, unsigned path, unsigned depth);
void blocks_step_in_handler(struct chance *);
// Puts a block of malloc into a slot.
void blocks_keep(struct chance *, void *p);
void blocks_free_all(void);

// In objects.cc: operators new and delete, and exceptions.
enum { OBJECT_PLAIN, OBJECT_ARRAY, OBJECT_NOTHROW, OBJECT_ALIGNED, OBJECT_KINDS };
#ifdef __cplusplus
extern "C" {
#endif
void *objects_new(unsigned kind, uint64_t size);
void objects_delete(unsigned kind, void *p, uint64_t size);
// Throws through frames that own blocks, and catches.
void objects_throw(struct chance *);
#ifdef __cplusplus
}
#endif

#endif
