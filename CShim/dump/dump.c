// SPDX-License-Identifier: Apache-2.0
//
// All signals of the thread are blocked during a turn of a dump: a handler that leaves by longjmp
// would leave `dump_busy` set, and no further dump would be made.
#define _GNU_SOURCE
#include "dump/dump.h"

#include <errno.h>
#include <signal.h>

#include "base/config.h"
#include "base/libc.h"
#include "base/os.h"
#include "dump/output.h"
#include "dump/pack.h"
#include "session/file.h"
#include "session/owner.h"
#include "session/session.h"
#include "tables/ring.h"
#include "tables/tables.h"

// Inside somebody's malloc a dump takes at most about this long at a time, in ns, and in the
// handler of the signal so long; later samples and sampled frees carry it on. At the end of the
// process it is made in one go.
#define DUMP_TURN UINT64_C(1000000)
#define DUMP_SIGNAL_TURN UINT64_C(3000000)
#define DUMP_IN_ONE_GO UINT64_MAX
// On a signal too, unless so many samples and frees came within this time before it, so that there
// will be more: who sends a signal waits for the file.
#define DUMP_CARRIERS 16u
#define DUMP_CARRIERS_WITHIN UINT64_C(50000000)

// Each of these is 0, or generation + 1 of the process that it is about. The generation is in it
// because a child inherits the variable, but not the dump.
static uint32_t dump_busy;        // a thread is writing
static uint32_t dump_unfinished;  // a dump waits for its next turn; only for who holds dump_busy
static uint32_t dump_wanted;      // a signal's dump has not begun yet

static bool dump_is_unfinished(void) {
  return load_relaxed(&dump_unfinished) == silt_owner_generation() + 1;
}

// One turn. The file is open for that long only: between two turns the program may close every
// descriptor, and give its number to a file of its own.
// A folder that is slow to open takes nothing from the time to write.
static int dump_turn(int fd, struct silt_header *header, uint64_t turn) {
  bool whole = false;
  uint64_t until = turn == DUMP_IN_ONE_GO ? UINT64_MAX : silt_os_monotonic() + turn;
  int error = silt_pack_go_on(fd, header, until, &whole);
  if (!error && !whole) {
    silt_output_pause();
    return 0;
  }
  store_relaxed(&dump_unfinished, 0u);
  return silt_output_end(header, error);
}

static int dump_go_on(struct silt_header *header, uint64_t turn) {
  int fd = -1;
  // With another user's rights for a moment: when that is over.
  if (!silt_os_is_one_user()) return 0;
  int error = silt_output_go_on(&fd);
  if (!error) return dump_turn(fd, header, turn);
  store_relaxed(&dump_unfinished, 0u);
  return error;
}

static void dump_check_signal(struct silt_header *header);

static int dump_start(struct silt_header *header, enum silt_reason reason, uint64_t turn) {
  int fd = -1;
  uint32_t sequence = 0;
  dump_check_signal(header);
  int error = silt_output_begin(header, &fd, &sequence);
  if (error) return error;
  silt_pack_begin(fd, header, reason, sequence);
  store_relaxed(&dump_unfinished, silt_owner_generation() + 1);
  return dump_turn(fd, header, turn);
}

static bool dump_begin(uint32_t here) {
  uint32_t before = load_relaxed(&dump_busy);
  return before != here && cas_acq_rel(&dump_busy, &before, here);
}

static void dump_end(void) {
  store_release(&dump_busy, 0u);  // pairs with the cas in dump_begin
}

// With dump_busy held. A dump that is unfinished comes first: there is room to remember one only.
static int dump_make(struct silt_header *header, enum silt_reason reason, uint64_t turn) {
  if (dump_is_unfinished()) {
    int error = dump_go_on(header, turn);
    if (reason == SILT_REASON_NONE) return error;
    if (error) silt_session_lose(header, SILT_LOST_DUMP, 0);
    if (turn != DUMP_IN_ONE_GO) return EBUSY;
  }
  return reason == SILT_REASON_NONE ? 0 : dump_start(header, reason, turn);
}

// Who begins a dump while another one is unfinished has to end that first.
static uint64_t dump_signal_turn(struct silt_header *header) {
  uint64_t then = silt_ring_time(header, DUMP_CARRIERS), now = silt_os_monotonic();
  bool alone =
      !then || now > then + DUMP_CARRIERS_WITHIN || silt_os_has_sandboxes() || dump_is_unfinished();
  return alone ? DUMP_IN_ONE_GO : DUMP_SIGNAL_TURN;
}

// No signal may be lost: one that arrives while another thread is at the end of its turn finds
// `busy` still set. So the thread that ends a turn looks for a wanted dump, and makes it.
static void dump_make_wanted(struct silt_header *header, uint32_t here) {
  // The two fences here pair with each other, in two threads. One has set `wanted` and reads
  // `busy`, the other has cleared `busy` and reads `wanted`: at least one of them sees the other's
  // store.
  fence_seq_cst();
  while (load_relaxed(&dump_wanted) == here && dump_begin(here)) {
    int error = 0;
    // Else another thread has made it.
    if (load_relaxed(&dump_wanted) == here) {
      store_relaxed(&dump_wanted, 0u);
      error = dump_make(header, SILT_REASON_SIGNAL, dump_signal_turn(header));
    }
    dump_end();
    if (error) silt_session_lose(header, SILT_LOST_DUMP, 0);
    fence_seq_cst();
  }
}

// The end of the process waits for another thread's turn, since it is the last that can be made.
#define DUMP_PATIENCE UINT64_C(1000000000)

static bool dump_begin_for(enum silt_reason reason, uint32_t here) {
  if (dump_begin(here)) return true;
  if (reason != SILT_REASON_EXIT || silt_os_is_stopped()) return false;
  uint64_t waited_from = silt_os_monotonic();
  do {
    silt_os_yield();
    if (dump_begin(here)) return true;
  } while (silt_os_monotonic() - waited_from < DUMP_PATIENCE);
  return false;
}

// SILT_REASON_NONE carries an unfinished dump on.
static bool dump_run(struct silt_header *header, enum silt_reason reason, uint64_t turn) {
  uint32_t here = silt_owner_generation() + 1;
  struct silt_os_signals signals = silt_os_block_signals();
  int error = 0;
  if (reason == SILT_REASON_SIGNAL) {
    store_relaxed(&dump_wanted, here);
  } else if (dump_begin_for(reason, here)) {
    error = dump_make(header, reason, turn);
    dump_end();
  } else if (reason != SILT_REASON_NONE) {
    error = EBUSY;
  }
  if (error) silt_session_lose(header, SILT_LOST_DUMP, 0);
  if (reason != SILT_REASON_EXIT) dump_make_wanted(header, here);
  silt_os_restore_signals(signals);
  return !error;
}

// The child has copies of the descriptors of its parent's turn.
void silt_dump_forked(void) {
  if (!load_relaxed(&dump_busy)) return;
  silt_output_pause();
  dump_end();
}

// ---- on a signal

// Signal context. May call only what is async-signal-safe: the session, the dump, bare system
// calls.
static void dump_on_signal(int signal) {
  (void)signal;
  int saved = errno;
  struct silt_header *header = silt_tables_session();
  if (header) dump_run(header, SILT_REASON_SIGNAL, DUMP_IN_ONE_GO);
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
  // Not the program's own sigaction, which may need what its constructors have not made yet.
  int (*set)(int, const struct sigaction *, struct sigaction *) = sigaction;
  void *next = silt_libc_next("sigaction");
  if (next) *(void **)&set = next;
  dump_signal_owner = handler == 0 && set(number, &action, NULL) == 0 ? OURS : FOREIGN;
}

// ---- on an interval, on growth

static uint64_t dump_due;       // when the next interval is over; 0: not decided yet
static int64_t dump_inuse;      // estimated bytes in use: the sum of what the samples stand for
static int64_t dump_high_mark;  // the same at the last dump for growth

// The children of one parent would all dump at the same moment. So each has a first interval, and a
// first growth, between a half and one and a half of what was asked for.
static void dump_follow_fork(const struct silt_header *header, uint64_t now) {
  static uint32_t seen;
  uint32_t generation = silt_owner_generation(), before = load_relaxed(&seen);
  if (SILT_LIKELY(before == generation)) return;
  uint64_t random = silt_mix(now ^ (uint64_t)header->pid << 32);
  if (silt_config.dump_every)
    store_relaxed(&dump_due, now + silt_config.dump_every / 2 + random % silt_config.dump_every);
  if (silt_config.dump_growth) {
    int64_t growth = (int64_t)silt_config.dump_growth;
    store_relaxed(&dump_inuse, INT64_C(0));
    store_relaxed(&dump_high_mark, (int64_t)(random % silt_config.dump_growth) - growth / 2);
  }
  cas_relaxed(&seen, &before, generation);
}

// A vfork child leaves its parent's dumps to it: it may have another root or other rights by now.
static void dump_on_interval(struct silt_header *header, uint64_t now) {
  uint64_t at = load_relaxed(&dump_due);
  if (now < at || !silt_owner_is_this_process() ||
      !cas_relaxed(&dump_due, &at, now + silt_config.dump_every))
    return;
  if (at) dump_run(header, SILT_REASON_INTERVAL, DUMP_TURN);
}

// About size / (1 - exp(-size / interval)): exact enough to decide when to dump.
static int64_t dump_stands_for(uint64_t size, uint64_t interval) {
  if (interval == 1) interval = 0;
  return (int64_t)(size < 2 * interval ? interval + size / 2 : size);
}

static void dump_on_growth(struct silt_header *header, int64_t grown) {
  int64_t inuse = add_relaxed(&dump_inuse, grown) + grown;
  int64_t mark = load_relaxed(&dump_high_mark);
  if (inuse - mark < (int64_t)silt_config.dump_growth || !silt_owner_is_this_process() ||
      !cas_relaxed(&dump_high_mark, &mark, inuse))
    return;
  dump_run(header, SILT_REASON_GROWTH, DUMP_TURN);
}

// A thread in a sandbox leaves it to the others.
static bool dump_is_to_be_carried_on(void) {
  return SILT_UNLIKELY(dump_is_unfinished()) && !silt_os_is_stopped() &&
         silt_owner_is_this_process();
}

static void dump_carry_on(struct silt_header *header) {
  if (dump_is_to_be_carried_on()) dump_run(header, SILT_REASON_NONE, DUMP_TURN);
}

void silt_dump_end_unfinished(struct silt_header *header) {
  if (dump_is_to_be_carried_on()) dump_run(header, SILT_REASON_NONE, DUMP_IN_ONE_GO);
}

void silt_dump_after_alloc(struct silt_header *header, uint64_t now, uint64_t size,
                           uint64_t interval) {
  // A child that was forked on top of this recording: the session is its parent's.
  if (header != silt_session_current()) return;
  dump_check_signal_at_times(header, now);
  dump_carry_on(header);
  if ((!silt_config.dump_every && !silt_config.dump_growth) || silt_os_is_stopped()) return;
  dump_follow_fork(header, now);
  if (silt_config.dump_every) dump_on_interval(header, now);
  if (silt_config.dump_growth) dump_on_growth(header, dump_stands_for(size, interval));
}

void silt_dump_after_free(struct silt_header *header, uint64_t size, uint64_t interval) {
  if (header != silt_session_current()) return;
  dump_carry_on(header);
  if (silt_config.dump_growth) add_relaxed(&dump_inuse, -dump_stands_for(size, interval));
}

// ---- at exit

void silt_dump_at_exit(enum silt_dump_end end) {
  struct silt_header *header = silt_session_current();
  bool own =
      silt_owner_is_this_process() || (end == SILT_DUMP_BY_DESTRUCTOR && silt_os_is_stopped());
  if (!header || !own || !silt_session_close()) return;
  store_relaxed(&header->state, (uint32_t)SILT_STATE_EXITED);
  bool discard = silt_config.exit == SILT_EXIT_DISCARD;
  enum silt_reason reason = discard ? SILT_REASON_NONE : SILT_REASON_EXIT;
  if (dump_run(header, reason, DUMP_IN_ONE_GO) || discard) silt_file_unlink();
}
