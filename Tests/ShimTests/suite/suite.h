// SPDX-License-Identifier: Apache-2.0
//
// Runs tests, each in a child process and a folder of its own. The fork gives each test a new
// session, and a crash or a sanitizer's report is the failure of one test only.
#ifndef SUITE_H
#define SUITE_H

#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"
#include "suite/require.h"

struct test {
  const char *name;  // the behaviour that it checks
  void (*run)(void);
};

// At the end of each file: its tests.
#define SUITE(...)                                            \
  __attribute__((constructor)) static void suite_join(void) { \
    static const struct test tests[] = {__VA_ARGS__};         \
    suite_add(tests, sizeof tests / sizeof tests[0]);         \
  }
void suite_add(const struct test *tests, size_t count);

// The folder of the running test; removed after it.
extern char suite_folder[64];
// The path that a file of this process with this ending, such as ".live.silt", should have; and
// whether there is a file.
const char *suite_file(const char *ending);
bool suite_is_there(const char *path);
// Whether `name` is that of this process's files, with this ending.
bool suite_is_called(const char *name, const char *ending);
// The seed that the run prints, and random numbers from it; every test gets the same ones.
extern uint64_t suite_seed;
uint64_t suite_random(void);
uint64_t suite_below(uint64_t bound);

// Reads the configuration again, with these settings and no others; ends with NULL:
// suite_configure("SILT_INTERVAL", "1", NULL). The folder and the smallest capacity are set.
void suite_configure(const char *name, ...);

// Runs a function on four threads at once, which get their numbers from 0.
enum { SUITE_THREADS = 4 };
void suite_run_together(void (*run)(unsigned thread));

// So many more reservations of blocks succeed; then the disk is full.
extern uint64_t suite_reservations;
// The disk has room again, and returns when the shim, which asks a full one rarely, asks again.
void suite_make_room(void);

#endif
