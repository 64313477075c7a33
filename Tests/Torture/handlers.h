// SPDX-License-Identifier: Apache-2.0
//
// Signals at any instruction: a thread that signals the workers, and handlers that allocate, free,
// and at times leave the call that they interrupted by longjmp, in the middle of the shim too.
// Never in the middle of the allocator: there, no handler may do anything.
#ifndef HANDLERS_H
#define HANDLERS_H

#include <setjmp.h>
#include <stdbool.h>

#include "chance.h"

#define HANDLERS_WORKERS 8u

void handlers_install(bool may_leave);
// The calling thread is to be signalled from now on; `exit` is where a handler may leave to.
void handlers_enter(unsigned worker, sigjmp_buf *exit, struct chance seed);
void handlers_exit(unsigned worker);
// Signals those that entered until handlers_stop.
void *handlers_pest(void *chance);
void handlers_stop(bool);
uint64_t handlers_jumps(void);

#endif
