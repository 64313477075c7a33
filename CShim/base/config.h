// SPDX-License-Identifier: Apache-2.0
//
// The settings of the shim: read from the environment once, before the first sample, and constant
// from then on. What a value means is decided by include/silt_settings.h. One that makes no sense
// is silently replaced by the default, because the shim never prints into its host.
#ifndef SILT_CONFIG_H
#define SILT_CONFIG_H

#include "base/base.h"

enum silt_exit_mode { SILT_EXIT_KEEP, SILT_EXIT_DISCARD };  // as the words of SILT_EXIT

struct silt_config {
  uint64_t interval;      // SILT_INTERVAL, bytes; default 512 KiB
  uint64_t capacity;      // SILT_CAPACITY, bytes of a session at most; default 64 MiB
  uint64_t dump_every;    // SILT_DUMP_EVERY, ns; 0: never
  uint64_t dump_growth;   // SILT_DUMP_GROWTH, bytes of in-use; 0: never
  uint64_t keep_bytes;    // SILT_KEEP_BYTES, of all finished files in a directory; default 1 GiB
  uint32_t keep;          // SILT_KEEP, finished files to keep for each program
  uint32_t signal;        // SILT_SIGNAL, a number or a name such as USR2; 0: none
  uint32_t unwind;        // SILT_UNWIND, enum silt_unwind_mode
  uint32_t exit;          // SILT_EXIT, enum silt_exit_mode
  uint32_t max_overhead;  // SILT_MAX_OVERHEAD, millionths; 0: no ceiling
  bool children;          // SILT_CHILDREN=0: programs started from here are not profiled
  const char *directory;  // SILT_DIR made absolute, or NULL
  // SILT_RECORD=0 is no field: the settings are then never ready.
};

extern struct silt_config silt_config SILT_HIDDEN;

// From the constructor. By then libc is set up: no environment means that it is empty.
void silt_config_read(void);

// Whether nothing will ever be recorded here: in another C library than glibc, with SILT_RECORD=0,
// with libsilt.a in a program that is not static, and in a program that the shim is a part of while
// libsilt.so is preloaded, which then comes behind it and records.
bool silt_config_is_idle(void);
// Makes it so: also from the search for the next functions, which finds that library.
void silt_config_leave(void);

// True once the settings have been read; reads them if that is possible by now. Before libc is set
// up, and in another C library than glibc, it is not, and nothing may be sampled. Any thread may
// call it at any time: threads that read at the same time read the same values.
bool silt_config_ready(void);

#endif
