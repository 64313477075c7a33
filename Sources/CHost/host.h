// SPDX-License-Identifier: Apache-2.0
//
// System calls that Swift's module Glibc lacks, and what the linker says of this build. Only SiltHost may import this.
#pragma once
#include <sys/statfs.h>
#include <sys/xattr.h>

// A build for others is linked with .ci/package/static.c, which defines it. Weak: other builds do not.
extern const char silt_commit[] __attribute__((weak));

// NULL if this build does not know its commit.
static inline const char *host_commit(void) { return silt_commit; }
