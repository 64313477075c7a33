// SPDX-License-Identifier: Apache-2.0
//
// A full counter stays full for ever. That costs some searches; a counter that is too low would
// lose a free.
#include "tables/filter.h"

#include "base/os.h"

// A table of zeros, read-only until there is a session: a program under a limit on its data
// (ulimit -d), or a kernel that counts every writable page (vm.overcommit_memory=2), is charged
// nothing for it. In assembly, since no compiler puts a variable without a value there. It starts
// and ends at a multiple of the largest page of the two architectures. (The linker for aarch64 puts
// it behind .bss, where it is writable: nothing else is different there.) The linker gives it a
// segment of its own only if a page lies between it and .bss: so the section before it ends shortly
// behind a multiple of half its alignment.
#define FILTER_UNIT 65536u
__asm__(
    ".pushsection .silt_gap, \"aw\", %nobits\n"
    ".balign 32768\n"
    ".zero 8\n"
    ".popsection\n"
    ".pushsection .silt_filter, \"a\", %nobits\n"
    ".balign 65536\n"
    ".globl silt_filter\n"
    ".hidden silt_filter\n"
    ".type silt_filter, %object\n"
    ".size silt_filter, 4194304\n"
    "silt_filter: .zero 4194304\n"
    ".popsection");
_Static_assert(sizeof silt_filter == 4194304, "silt_filter");

void silt_filter_map(void) {
  silt_os_map_zeros_at(silt_filter, sizeof silt_filter);
}

bool silt_filter_open(void) {
  silt_os_unlock(silt_filter, sizeof silt_filter);
  silt_os_map_is_sparse(silt_filter, sizeof silt_filter);
  return silt_os_make_writable(silt_filter, sizeof silt_filter) == 0;
}

bool silt_filter_pin(uintptr_t address) {
  uint8_t *counter = silt_filter_counter(address);
  if (load_relaxed(counter) == SILT_FILTER_STUCK) return true;
  void *around = (void *)((uintptr_t)counter & ~(uintptr_t)(FILTER_UNIT - 1));
  if (silt_os_make_writable(around, FILTER_UNIT)) return false;
  store_relaxed(counter, (uint8_t)SILT_FILTER_STUCK);
  return true;
}

void silt_filter_add(uintptr_t address) {
  uint8_t *counter = silt_filter_counter(address);
  uint8_t count = load_relaxed(counter);
  while (count != SILT_FILTER_STUCK && !cas_relaxed(counter, &count, (uint8_t)(count + 1))) {
  }
}

void silt_filter_subtract(uintptr_t address) {
  uint8_t *counter = silt_filter_counter(address);
  uint8_t count = load_relaxed(counter);
  while (count != SILT_FILTER_STUCK && count != 0 &&
         !cas_relaxed(counter, &count, (uint8_t)(count - 1))) {
  }
}
