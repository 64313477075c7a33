// SPDX-License-Identifier: Apache-2.0
//
// From nothing to a mapping that readers accept, and back in a forked child.
#include "session/session.h"

#include "base/config.h"
#include "base/os.h"
#include "session/file.h"
#include "session/intervals.h"
#include "session/owner.h"
#include "session/process.h"
#include "session/regions.h"

enum { SESSION_NONE, SESSION_MAKING, SESSION_READY, SESSION_FAILED, SESSION_CLOSED };
static uint32_t session_state;
static struct silt_header *session_header;
static uint64_t session_size;
static uint64_t session_capacity;  // of the session that was made last
// A frame that returns into scratch memory goes by the bounds of the session that is there by then:
// none may be larger than the memory.
static uint64_t session_most = UINT64_MAX;

// In a child: what was its parent's mapping becomes scratch memory at the same address, empty but
// for the header, which says where the regions are. It is never used again and never unmapped: the
// frame may return at any time.
static void session_replace(struct silt_header *parents) {
  static struct silt_header scratch;
  session_most = session_capacity;
  scratch = *parents;
  if (silt_os_map_private_at(parents, session_size)) return;  // no memory: it stays as it is
  *parents = scratch;
  silt_thread.taking = 0;  // nothing of this process's own is being taken
}

static void session_forget(void) {
  struct silt_header *parents = session_header;
  store_relaxed(&session_header, NULL);
  store_relaxed(&session_state, SESSION_NONE);
  if (!parents) return;
  // A signal handler that forks may stand on top of a frame that goes on to use the mapping. That
  // frame must meet memory, and must not write to the parent's file.
  if (silt_thread.recording || silt_thread.taking)
    session_replace(parents);
  else
    silt_os_unmap(parents, session_size);
}

// Of what the limits of the process leave (ulimit -v, -d), the most is the program's. 0: too little
// for any session.
#define SESSION_SHARE 8u
#define SESSION_LEAST (UINT64_C(1) << 20)
#define SESSION_TABLES (UINT64_C(17) << 20)  // what is kept outside the session, a bit more

static uint64_t session_choose_capacity(void) {
  uint64_t share = silt_os_memory_room() / SESSION_SHARE, tables = SESSION_TABLES;
  uint64_t most = silt_config.capacity < session_most ? silt_config.capacity : session_most;
  share = share > tables ? share - tables : 0;
  if (share >= most) return most;
  return share < SESSION_LEAST ? 0 : share;
}

// Samples from while no session could be made.
static struct silt_count session_missed;

static struct silt_header *session_make(bool (*open_tables)(void)) {
  static struct silt_header plan;
  __builtin_memset(&plan, 0, sizeof plan);
  silt_process_describe(&plan);
  plan.version = SILT_VERSION;
  plan.header_size = SILT_HEADER_SIZE;
  plan.byte_order = SILT_BYTE_ORDER;
  plan.kind = SILT_KIND_LIVE;
  plan.unwind = silt_config.unwind;
  plan.signal = silt_config.signal;
  plan.state = SILT_STATE_RUNNING;
  plan.flags = silt_owner_generation() ? SILT_FLAG_FORKED : 0;
  plan.lost[SILT_LOST_NO_SESSION] = session_missed;
  session_capacity = session_choose_capacity();
  if (!session_capacity || !open_tables()) return NULL;
  session_size = silt_regions_lay_out(plan.regions, session_capacity);
  silt_intervals_plan(&plan);
  void *address = silt_file_map(&plan, session_size);
  if (!address) {
    plan.flags |= SILT_FLAG_ANONYMOUS;
    if (silt_os_map_reserve(session_size, &address)) return NULL;
    if (silt_regions_begin(&plan, address)) {
      silt_os_unmap(address, session_size);
      return NULL;
    }
  }
  struct silt_header *header = address;
  *header = plan;
  store_release(&header->magic, SILT_MAGIC);  // pairs with readers, which check it first
  return header;
}

struct silt_header *silt_session_current(void) {
  if (!silt_owner_check(session_forget) || load_acquire(&session_state) != SESSION_READY)
    return NULL;
  return load_relaxed(&session_header);
}

struct silt_header *silt_session(bool (*open_tables)(void)) {
  struct silt_header *header = silt_session_current();
  if (SILT_LIKELY(header)) return header;
  if (!silt_config_ready() || !silt_owner_claim() || !silt_owner_check(session_forget)) return NULL;
  // In a vfork child the memory is its parent's: the session would be of the wrong process.
  if (!silt_owner_is_this_process()) return NULL;
  // The file would be another user's, who may cut it short and read it: later, when that is over.
  if (!silt_os_is_one_user()) {
    add_relaxed(&session_missed.count, UINT64_C(1));
    add_relaxed(&session_missed.bytes, silt_config.interval);
    return NULL;
  }
  uint32_t expected = SESSION_NONE;
  // A signal handler that leaves by longjmp would leave the session half made for ever.
  struct silt_os_signals signals = silt_os_block_signals();
  if (!cas_acq_rel(&session_state, &expected, (uint32_t)SESSION_MAKING)) {
    silt_os_restore_signals(signals);
    return silt_session_current();
  }
  header = session_make(open_tables);
  store_relaxed(&session_header, header);
  // Pairs with the acquire in silt_session_current.
  store_release(&session_state, header ? SESSION_READY : SESSION_FAILED);
  silt_os_restore_signals(signals);
  return header;
}

struct silt_header *silt_session_close(void) {
  if (!silt_owner_check(session_forget)) return NULL;
  uint32_t expected = SESSION_READY;
  return cas_acq_rel(&session_state, &expected, (uint32_t)SESSION_CLOSED)
             ? load_relaxed(&session_header)
             : NULL;
}

void silt_session_lose(struct silt_header *header, enum silt_lost reason, uint64_t bytes) {
  add_relaxed(&header->lost[reason].count, UINT64_C(1));
  add_relaxed(&header->lost[reason].bytes, bytes);
}
