// SPDX-License-Identifier: Apache-2.0
//
// System calls that Swift's module Glibc lacks, and what the linker says of this build. Only SiltHost may import this.
#pragma once
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

// A build for others is linked with .ci/package/static.c, which defines it. Weak: other builds do not.
extern const char silt_commit[] __attribute__((weak));

// NULL if this build does not know its commit.
static inline const char *host_commit(void) { return silt_commit; }

// Whether the kernel gave this program more rights than its user has: what the user says is not to be believed then.
static inline int host_is_secure(void) { return getauxval(AT_SECURE) != 0; }

// PAGEMAP_SCAN of Linux 6.7, which older headers lack.
struct host_page_region {
  uint64_t start, end, categories;
};

// Finds ranges of /proc/PID/pagemap that are the kernel's page of zeros. The number of them, and in `walked` where the
// search ended; negative: the kernel cannot tell.
static inline long host_scan_zero_pages(int pagemap, uint64_t start, uint64_t end, struct host_page_region *regions,
                                        uint64_t count, uint64_t *walked) {
  struct {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
  } scan = {.size = sizeof scan,
            .start = start,
            .end = end,
            .vec = (uint64_t)(uintptr_t)regions,
            .vec_len = count,
            .category_mask = 1 << 5,
            .return_mask = 1 << 5};
  long found = ioctl(pagemap, _IOWR('f', 16, scan), &scan);
  *walked = scan.walk_end;
  return found;
}
