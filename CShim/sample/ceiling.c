// SPDX-License-Identifier: Apache-2.0
//
// An account: it is given a share of the CPU time that the process takes, and pays what the slow
// paths take. Overdrawn, the interval is lengthened until it is paid back; full, it is shortened.
// So the share holds over any time, but for the little that the account may hold.
//
// It is kept in ns of the kernel's clocks. Ticks are turned into ns by how many of both went by
// between two looks, so that their frequency need not be known.
#include "sample/ceiling.h"

#include "base/os.h"
#include "session/intervals.h"
#include "session/owner.h"
#include "session/session.h"

// Of the ceiling, this is given: what both readings of the counter do not see is the rest, such as
// the jumps there and back, and the cache lines that the program misses afterwards.
#define CEILING_GIVEN(nanoseconds) ((nanoseconds) / 4 * 3)
// What is given for this much CPU time is the most that the account holds; a quarter of it is there
// from the start.
#define CEILING_HOLDS UINT64_C(100000000)
// A look is a few system calls, which take longer the more threads there are. So the next one comes
// when the slow paths have taken this many times as long, or when a quarter of a second is over.
// Where the account is overdrawn it comes sooner.
#define CEILING_LOOKS 16u
#define CEILING_LOOKS_OVERDRAWN 2u

// By all threads.
static struct {
  uint64_t spent;  // ticks
  // No look before this much was spent, or this moment: ticks.
  uint64_t next_spent, next_time;
  // 0, or generation + 1 of the process in which a thread looks: see dump_busy.
  uint32_t busy;
} ceiling;

// By the thread that looks.
struct ceiling_clocks {
  uint64_t ticks, time, cpu;  // ns but for ticks
  uint64_t spent;             // ticks
};
static struct {
  uint32_t generation;  // + 1, of the process whose account it is
  struct ceiling_clocks last;
  int64_t balance;      // ns
  uint64_t spent, cpu;  // ns, since the interval was changed
} account;

static uint64_t ceiling_share(uint64_t nanoseconds) {
  return CEILING_GIVEN(nanoseconds / 1000000 * silt_config.max_overhead +
                       nanoseconds % 1000000 * silt_config.max_overhead / 1000000);
}

static struct ceiling_clocks ceiling_read(void) {
  return (struct ceiling_clocks){.ticks = silt_ticks(),
                                 .time = silt_os_monotonic(),
                                 .cpu = silt_os_cpu_time(),
                                 .spent = load_relaxed(&ceiling.spent)};
}

static void ceiling_open(const struct ceiling_clocks *now) {
  account.generation = silt_owner_generation() + 1;
  account.last = *now;
  account.balance = (int64_t)ceiling_share(CEILING_HOLDS) / 4;
  account.spent = account.cpu = 0;
}

// The most steps at once: the first samples of a program take longer than those that follow.
#define CEILING_STRIDE 4u

// The most steps by which `more` can be halved and is still not less than `less`.
static uint32_t ceiling_halvings(uint64_t more, uint64_t less) {
  uint32_t steps = 0;
  for (; steps < CEILING_STRIDE && more / 2 >= less; more /= 2) steps++;
  return steps;
}

// The step that the account asks for.
static uint32_t ceiling_choose(uint32_t step, uint64_t spent, uint64_t given) {
  uint32_t highest = silt_intervals_highest();
  if (account.balance < 0) {
    // To pay back, it must be half of what is given. At half already, it only takes time.
    uint32_t more = given ? ceiling_halvings(2 * spent, given) : 1;
    return step + more < highest ? step + more : highest;
  }
  if (account.balance < (int64_t)ceiling_share(CEILING_HOLDS)) return step;
  uint32_t less = ceiling_halvings(ceiling_share(account.cpu), account.spent + 1);
  return less < step ? step - less : 0;
}

// So many ticks, of which `ticks` took `time` ns.
static uint64_t ceiling_nanoseconds(uint64_t spent, uint64_t ticks, uint64_t time) {
  for (; time >> 40; time /= 2) ticks /= 2;
  uint64_t each = ticks ? (time << 20) / ticks : 0;
  return (uint64_t)((unsigned __int128)spent * each >> 20);
}

// What went by since the last look, entered into the account; the step that follows from it.
static uint32_t ceiling_enter(struct silt_header *header, const struct ceiling_clocks *now) {
  const struct ceiling_clocks *last = &account.last;
  uint64_t ticks = now->ticks - last->ticks, time = now->time - last->time;
  uint64_t cpu = now->cpu - last->cpu, given = ceiling_share(cpu);
  uint64_t spent = ceiling_nanoseconds(now->spent - last->spent, ticks, time);
  int64_t most = (int64_t)ceiling_share(CEILING_HOLDS);
  account.last = *now;
  account.balance += (int64_t)given - (int64_t)spent;
  if (account.balance > most) account.balance = most;
  account.spent += spent;
  account.cpu += cpu;
  add_relaxed(&header->overhead_time, spent);
  add_relaxed(&header->overhead_cpu, cpu);
  return ceiling_choose(silt_intervals_now(), spent, given);
}

static void ceiling_change(struct silt_header *header, uint32_t step) {
  if (!silt_intervals_change(header, step)) return;
  account.spent = account.cpu = 0;
  // The next shortening is to be earned anew.
  if (account.balance > 0) account.balance /= 2;
}

static void ceiling_judge(struct silt_header *header) {
  struct ceiling_clocks now = ceiling_read();
  if (account.generation != silt_owner_generation() + 1) ceiling_open(&now);
  // Clocks that do not go on, or of a child whose counters began anew.
  else if (now.ticks <= account.last.ticks || now.time <= account.last.time ||
           now.cpu < account.last.cpu)
    account.last = now;
  else {
    uint32_t step = ceiling_enter(header, &now);
    if (step != silt_intervals_now()) ceiling_change(header, step);
  }
}

static void ceiling_pause(uint64_t began) {
  static uint64_t usual;
  uint64_t took = silt_ticks() - began, second = silt_ticks_in_a_second();
  // One that took far longer than the one before was put off the processor.
  if (!usual) usual = second >> 18;
  usual = took < 2 * usual ? took : 2 * usual;
  uint64_t spent = add_relaxed(&ceiling.spent, usual) + usual;
  uint32_t looks = account.balance < 0 ? CEILING_LOOKS_OVERDRAWN : CEILING_LOOKS;
  store_relaxed(&ceiling.next_spent, spent + usual * looks);
  store_relaxed(&ceiling.next_time, began + second / 4);
}

void silt_ceiling_look(void) {
  uint64_t began = silt_ceiling_begin();
  uint32_t here = silt_owner_generation() + 1, busy = load_relaxed(&ceiling.busy);
  if (!began || silt_os_is_stopped()) return;
  if (began < load_relaxed(&ceiling.next_time) &&
      load_relaxed(&ceiling.spent) < load_relaxed(&ceiling.next_spent))
    return;
  // A handler that leaves by longjmp would leave `busy` set, and no thread would look again.
  struct silt_os_signals signals = silt_os_block_signals();
  struct silt_header *header = silt_session_current();
  // The CPU time of a vfork child is its own.
  if (header && here == silt_owner_generation() + 1 && silt_owner_is_this_process() &&
      busy != here && cas_acq_rel(&ceiling.busy, &busy, here)) {
    ceiling_judge(header);
    ceiling_pause(began);
    store_release(&ceiling.busy, 0u);  // pairs with the cas above
  }
  silt_os_restore_signals(signals);
}

void silt_ceiling_spend(uint64_t began) {
  uint64_t took = silt_ticks() - began, second = silt_ticks_in_a_second();
  // A thread that was put off the processor meanwhile has not worked for so long.
  if (took > second >> 13) took = second >> 13;
  silt_thread.spent += (uint32_t)took;
  // Rarely, since all threads write there.
  if (silt_thread.spent <= second >> 18) return;
  add_relaxed(&ceiling.spent, (uint64_t)silt_thread.spent);
  silt_thread.spent = 0;
  silt_ceiling_look();
}
