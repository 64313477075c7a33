// SPDX-License-Identifier: Apache-2.0
//
// All signals of the thread are blocked during a dump: a handler that leaves by longjmp would leave
// `dump_busy` set, and no further dump would be made.
#define _GNU_SOURCE
#include "dump/dump.h"

#include <errno.h>
#include <signal.h>

#include "base/config.h"
#include "base/os.h"
#include "dump/output.h"
#include "dump/pack.h"
#include "session/file.h"
#include "session/owner.h"
#include "session/session.h"

// Generation + 1 of the process that is making a dump, else 0. The generation is in it because a
// child that is forked during a dump inherits the variable, but not the dump.
static uint32_t dump_busy;
// The same number from a signal until its dump begins.
static uint32_t dump_wanted;

static int dump_write(struct silt_header *header, enum silt_reason reason) {
  int fd = -1;
  uint32_t sequence = 0;
  int error = silt_output_begin(header, &fd, &sequence);
  return error ? error : silt_output_end(header, silt_pack(fd, header, reason, sequence));
}

static void dump_check_signal(struct silt_header *header);

static bool dump_begin(uint32_t here) {
  uint32_t before = load_relaxed(&dump_busy);
  return before != here && cas_acq_rel(&dump_busy, &before, here);
}

static int dump_make(struct silt_header *header, enum silt_reason reason) {
  dump_check_signal(header);
  int error = dump_write(header, reason);
  store_release(&dump_busy, 0u);  // pairs with the cas in dump_begin
  return error;
}

// No signal may be lost: one that arrives while another thread is at the end of its dump finds
// `busy` still set. So the thread that ends a dump looks for a wanted one, and makes it.
static void dump_make_wanted(struct silt_header *header, uint32_t here) {
  // The two fences here pair with each other, in two threads. One has set `wanted` and reads
  // `busy`, the other has cleared `busy` and reads `wanted`: at least one of them sees the other's
  // store.
  fence_seq_cst();
  while (load_relaxed(&dump_wanted) == here && dump_begin(here)) {
    int error = 0;
    if (load_relaxed(&dump_wanted) == here) {
      store_relaxed(&dump_wanted, 0u);
      error = dump_make(header, SILT_REASON_SIGNAL);
    } else {
      // Another thread has made it. Pairs with the cas in dump_begin.
      store_release(&dump_busy, 0u);
    }
    if (error) silt_session_lose(header, SILT_LOST_DUMP, 0);
    fence_seq_cst();
  }
}

static bool dump_run(struct silt_header *header, enum silt_reason reason) {
  uint32_t here = silt_owner_generation() + 1;
  uint64_t signals = silt_os_block_signals();
  int error = 0;
  if (reason == SILT_REASON_SIGNAL)
    store_relaxed(&dump_wanted, here);
  else
    error = dump_begin(here) ? dump_make(header, reason) : EBUSY;
  if (error) silt_session_lose(header, SILT_LOST_DUMP, 0);
  if (reason != SILT_REASON_EXIT) dump_make_wanted(header, here);
  silt_os_restore_signals(signals);
  return !error;
}

// ---- on a signal

// Signal context. May call only what is async-signal-safe: the session, the dump, bare system
// calls.
static void dump_on_signal(int signal) {
  (void)signal;
  int saved = errno;
  struct silt_header *header = silt_session();
  if (header) dump_run(header, SILT_REASON_SIGNAL);
  errno = saved;
}

// UNDECIDED until the constructor has run, since samples may be taken before it.
static enum { UNDECIDED, OURS, FOREIGN } dump_signal_owner;

static void dump_check_signal(struct silt_header *header) {
  uint64_t handler;
  if (!silt_config.signal || dump_signal_owner == UNDECIDED ||
      silt_os_signal_handler((int)silt_config.signal, &handler) ||
      handler == (uintptr_t)dump_on_signal)
    return;
  or_relaxed(&header->flags,
             dump_signal_owner == OURS ? SILT_FLAG_SIGNAL_TAKEN : SILT_FLAG_SIGNAL_FOREIGN);
}

static void dump_check_signal_at_times(struct silt_header *header, uint64_t now) {
  static uint64_t next_look;
  if (now < load_relaxed(&next_look)) return;
  store_relaxed(&next_look, now + 1000000000u);
  dump_check_signal(header);
}

void silt_dump_init(void) {
  uint64_t handler = 0;
  int number = (int)silt_config.signal;
  if (!number || silt_os_signal_handler(number, &handler)) return;
  struct sigaction action = {.sa_handler = dump_on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};
  dump_signal_owner = handler == 0 && sigaction(number, &action, NULL) == 0 ? OURS : FOREIGN;
}

// ---- on an interval, on growth

static void dump_on_interval(struct silt_header *header, uint64_t now) {
  static uint64_t due;
  uint64_t at = load_relaxed(&due);
  if (now < at || !cas_relaxed(&due, &at, now + silt_config.dump_every)) return;
  if (at) dump_run(header, SILT_REASON_INTERVAL);
}

static int64_t dump_inuse;      // estimated bytes in use: the sum of what the samples stand for
static int64_t dump_high_mark;  // the same at the last dump for growth

// About size / (1 - exp(-size / interval)): exact enough to decide when to dump.
static int64_t dump_stands_for(uint64_t size) {
  uint64_t interval = silt_config.interval == 1 ? 0 : silt_config.interval;
  return (int64_t)(size < 2 * interval ? interval + size / 2 : size);
}

static void dump_on_growth(struct silt_header *header, uint64_t size) {
  int64_t now = add_relaxed(&dump_inuse, dump_stands_for(size)) + dump_stands_for(size);
  int64_t mark = load_relaxed(&dump_high_mark);
  if (now - mark < (int64_t)silt_config.dump_growth || !cas_relaxed(&dump_high_mark, &mark, now))
    return;
  dump_run(header, SILT_REASON_GROWTH);
}

void silt_dump_after_alloc(struct silt_header *header, uint64_t now, uint64_t size) {
  dump_check_signal_at_times(header, now);
  if (silt_config.dump_every) dump_on_interval(header, now);
  if (silt_config.dump_growth) dump_on_growth(header, size);
}

void silt_dump_after_free(uint64_t size) {
  if (silt_config.dump_growth) add_relaxed(&dump_inuse, -dump_stands_for(size));
}

// ---- at exit

void silt_dump_at_exit(void) {
  struct silt_header *header = silt_session_current();
  // A vfork child that calls _exit shares its parent's memory: the session is not its own.
  if (!header || !silt_owner_is_this_process() || !silt_session_close()) return;
  store_relaxed(&header->state, (uint32_t)SILT_STATE_EXITED);
  if (silt_config.exit == SILT_EXIT_DISCARD || dump_run(header, SILT_REASON_EXIT))
    silt_file_unlink();
}
