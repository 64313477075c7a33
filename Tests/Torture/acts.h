// SPDX-License-Identifier: Apache-2.0
//
// What a program does beside allocating. Each act is one whole undertaking: when it returns, what
// it started has ended, but for detached threads, which acts_settle waits for. False: a child found
// its profile wrong, or crashed.
#ifndef ACTS_H
#define ACTS_H

#include <stdbool.h>

#include "chance.h"

// The program's own path and the plugin's; the signal mask must hold what handlers.h sends.
void acts_begin(const char *program, const char *plugin);

bool acts_fiber(struct chance *, void *stack, uint64_t size);
bool acts_thread(struct chance *);
bool acts_library(struct chance *);
// A process in which other threads run: its child may use none of the loader.
bool acts_process(struct chance *);
// A process with one thread: its child does everything.
bool acts_lonely_fork(struct chance *);
// Steps of a program that nobody signals, and a comparison at the end.
bool acts_leaf(struct chance *, bool threads, const char *when);
// Until this thread is the only one.
void acts_settle(void);

#endif
