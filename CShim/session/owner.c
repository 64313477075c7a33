// SPDX-License-Identifier: Apache-2.0
//
// The mark is a page that the kernel zeroes in a forked child, and only there.
#include "session/owner.h"

#include "base/os.h"

#define OWNER_PAGE 4096u

enum { OWNER_FORKED = 0, OWNER_OWNED = 1, OWNER_RENEWING = 2 };
static struct owner_mark {
  uint32_t state;
  uint32_t pid;
} * owner_mark;
static uint32_t owner_generation;

static bool owner_renew(struct owner_mark *mark, void (*forget)(void)) {
  uint32_t expected = OWNER_FORKED;
  // A signal handler that leaves by longjmp would leave the mark at RENEWING for ever.
  struct silt_os_signals signals = silt_os_block_signals();
  if (!cas_acq_rel(&mark->state, &expected, OWNER_RENEWING)) {
    silt_os_restore_signals(signals);
    return expected == OWNER_OWNED;
  }
  add_relaxed(&owner_generation, 1u);
  silt_os_after_fork();
  forget();
  silt_thread.id = silt_os_thread();
  // A thread that has drawn nothing yet seeds itself later: until then its countdown of 0 means
  // nothing.
  if (silt_thread.random)
    silt_thread.random = silt_mix(silt_thread.random ^ silt_os_monotonic() ^ silt_thread.id) | 1;
  mark->pid = silt_os_pid();
  store_release(&mark->state, (uint32_t)OWNER_OWNED);  // pairs with the acquire in silt_owner_check
  silt_os_restore_signals(signals);
  return true;
}

bool silt_owner_check(void (*forget)(void)) {
  struct owner_mark *mark = load_acquire(&owner_mark);
  return mark &&
         (SILT_LIKELY(load_acquire(&mark->state) == OWNER_OWNED) || owner_renew(mark, forget));
}

bool silt_owner_is_this_process(void) {
  const struct owner_mark *mark = load_acquire(&owner_mark);
  return mark && mark->pid == silt_os_pid();
}

bool silt_owner_claim(void) {
  if (load_acquire(&owner_mark)) return true;
  void *page;
  if (silt_os_map_small(OWNER_PAGE, &page)) return false;
  *(struct owner_mark *)page = (struct owner_mark){OWNER_OWNED, silt_os_pid()};
  struct owner_mark *none = NULL;
  // The cas pairs with the acquire in silt_owner_check.
  if (silt_os_wipe_on_fork(page, OWNER_PAGE) ||
      !cas_acq_rel(&owner_mark, &none, (struct owner_mark *)page))
    silt_os_unmap(page, OWNER_PAGE);
  return load_acquire(&owner_mark) != NULL;
}

uint32_t silt_owner_generation(void) {
  return load_relaxed(&owner_generation);
}
