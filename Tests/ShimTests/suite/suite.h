// SPDX-License-Identifier: Apache-2.0
//
// What the tests stand on. Each runs in a child process of its own: a fork gives it a session of
// its own, in a folder of its own, and a crash or a sanitizer's verdict is the failure of that one.
#ifndef SUITE_H
#define SUITE_H

#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"

struct test {
  const char *name;  // the behaviour that it states
  void (*run)(void);
};

// At the end of each file: its tests.
#define SUITE(...)                                            \
  __attribute__((constructor)) static void suite_join(void) { \
    static const struct test tests[] = {__VA_ARGS__};         \
    suite_add(tests, sizeof tests / sizeof tests[0]);         \
  }
void suite_add(const struct test *tests, size_t count);

// Ends the test when it does not hold.
#define REQUIRE(condition)                                                \
  do {                                                                    \
    if (!(condition)) {                                                   \
      fprintf(stderr, "%s:%d: not " #condition "\n", __FILE__, __LINE__); \
      _exit(1);                                                           \
    }                                                                     \
  } while (0)

void _exit(int status) __attribute__((noreturn));

// The folder of the running test; removed after it.
extern char suite_folder[64];
// The path of the file of this process that ends in `ending`, such as ".live.silt", and whether a
// file is there.
const char *suite_file(const char *ending);
bool suite_is_there(const char *path);
// The seed that the run has printed, and numbers drawn from it: the same ones for each test.
extern uint64_t suite_seed;
uint64_t suite_random(void);
uint64_t suite_below(uint64_t bound);

// Reads the configuration again, with these settings and no others; ends with NULL:
// suite_configure("SILT_INTERVAL", "1", NULL). The folder and the smallest capacity are set.
void suite_configure(const char *name, ...);

// Runs a function on four threads at once, which get their numbers from 0.
enum { SUITE_THREADS = 4 };
void suite_run_together(void (*run)(unsigned thread));

// Beyond so many more reservations of blocks, the disk is full.
extern uint64_t suite_reservations;

#endif
