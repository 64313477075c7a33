// SPDX-License-Identifier: Apache-2.0
//
// Packing and writing a dump, and the four occasions for it. Regions are written referrers first,
// so that all that an element refers to is in the file as well.
#define _GNU_SOURCE
#include "dump/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/config.h"
#include "base/os.h"
#include "base/text.h"
#include "dump/memory.h"
#include "dump/prune.h"
#include "session/file.h"
#include "session/owner.h"
#include "session/regions.h"
#include "session/session.h"
#include "session/threads.h"

// Generation + 1 of the process that is making a dump: a child forked meanwhile is free to.
static uint32_t busy;
// The same number while a signal's dump is wanted and not begun.
static uint32_t wanted;
// Of the one dump that is being made.
static struct silt_header packed;
static char batch[64 << 10];
static uint64_t batched;

struct writer {
  int fd;
  int error;
  uint64_t offset, limit;
  uint64_t checksum;  // of the region so far
};

static void put_batch(struct writer *writer) {
  // Beyond the limit the kernel would not only refuse, but send SIGXFSZ.
  if (writer->offset + batched > writer->limit) writer->error = EFBIG;
  if (!writer->error && batched)
    writer->error = silt_os_pwrite(writer->fd, batch, batched, writer->offset);
  writer->checksum = silt_checksum(writer->checksum, batch, batched);
  writer->offset += batched;
  batched = 0;
}

// Everything goes through the batch: what is checksummed must be what is written, and the session
// changes meanwhile. A full batch is a multiple of 8 bytes, as silt_checksum asks of all but the
// last.
static void put(struct writer *writer, const void *bytes, uint64_t size) {
  for (const char *at = bytes; size > 0;) {
    uint64_t room = sizeof batch - batched, part = size < room ? size : room;
    __builtin_memcpy(batch + batched, at, part);
    batched += part;
    at += part;
    size -= part;
    if (batched == sizeof batch) put_batch(writer);
  }
}

static void begin_region(struct writer *writer, enum silt_region_kind kind) {
  writer->offset = (writer->offset + 63) & ~UINT64_C(63);
  writer->checksum = SILT_CHECKSUM_START;
  packed.regions[kind].offset = writer->offset;
}

static void end_region(struct writer *writer, enum silt_region_kind kind, uint64_t elements) {
  put_batch(writer);
  packed.regions[kind].checksum = writer->checksum;
  packed.regions[kind].capacity = packed.regions[kind].used = elements;
  packed.regions[kind].backed = elements * packed.regions[kind].element_size;
}

static void put_whole(struct writer *writer, struct silt_header *header,
                      enum silt_region_kind kind) {
  uint64_t used = silt_region_count(header, kind);
  begin_region(writer, kind);
  put(writer, silt_region_at(header, kind, 0), used * header->regions[kind].element_size);
  end_region(writer, kind, used);
}

static void put_ring(struct writer *writer, struct silt_header *header) {
  struct silt_region *ring = &header->regions[SILT_REGION_RING];
  uint64_t end = load_acquire(&ring->used);
  uint64_t slots = load_acquire(&ring->backed) / ring->element_size;
  if (slots > ring->capacity) slots = ring->capacity;
  uint64_t count = end < slots ? end : slots;
  // Oldest first: from the slot that would be overwritten next to the end, then from the start.
  uint64_t first = end > ring->capacity ? end % ring->capacity : 0;
  if (first >= count) first = 0;
  begin_region(writer, SILT_REGION_RING);
  put(writer, silt_region_at(header, SILT_REGION_RING, first),
      (count - first) * ring->element_size);
  put(writer, silt_region_at(header, SILT_REGION_RING, 0), first * ring->element_size);
  end_region(writer, SILT_REGION_RING, count);
}

static void put_live(struct writer *writer, struct silt_header *header) {
  uint64_t slots = load_acquire(&header->regions[SILT_REGION_LIVE].used), count = 0;
  begin_region(writer, SILT_REGION_LIVE);
  for (uint64_t i = 0; i < slots; i++) {
    struct silt_live *slot = silt_region_at(header, SILT_REGION_LIVE, i);
    if (load_acquire(&slot->address) <= SILT_LIVE_BUSY) continue;
    put(writer, slot, sizeof *slot);
    count++;
  }
  end_region(writer, SILT_REGION_LIVE, count);
}

// Of the first threads only, which bounds the time that a dump of a crowded process takes.
#define NAMED_THREADS 1024u

static void read_name(struct silt_thread_record *record) {
  char path[64];
  size_t got = 0;
  struct silt_text text = silt_text_in(path, sizeof path);
  silt_text_add(&text, "/proc/self/task/");
  silt_text_number(&text, record->thread);
  silt_text_add(&text, "/comm");
  if (silt_os_slurp(path, record->name, sizeof record->name, &got)) got = 0;
  // The line ends with a newline, or was cut before it.
  while (got > 0 && record->name[got - 1] == '\n') got--;
  __builtin_memset(record->name + got, 0, sizeof record->name - got);
}

static void put_threads(struct writer *writer, struct silt_header *header) {
  uint64_t slots = silt_threads_slots(header), count = 0;
  begin_region(writer, SILT_REGION_THREADS);
  for (uint64_t i = 0; i < slots; i++) {
    struct silt_thread_record record;
    if (!silt_threads_copy(header, i, &record)) continue;
    if (count++ < NAMED_THREADS && record.thread) read_name(&record);
    put(writer, &record, sizeof record);
  }
  end_region(writer, SILT_REGION_THREADS, count);
}

static int write_file(int fd, struct silt_header *header, enum silt_reason reason,
                      uint32_t sequence) {
  struct writer writer = {.fd = fd, .offset = SILT_HEADER_SIZE, .limit = silt_os_file_size_limit()};
  batched = 0;  // a fork may have fallen into another thread's dump
  packed = *header;
  packed.kind = SILT_KIND_DUMP;
  packed.reason = reason;
  packed.sequence = sequence;
  packed.dump_realtime = silt_os_realtime();
  packed.dump_monotonic = silt_os_monotonic();
  silt_memory_measure(&packed);
  put_ring(&writer, header);
  put_live(&writer, header);
  put_threads(&writer, header);
  put_whole(&writer, header, SILT_REGION_SITES);
  put_whole(&writer, header, SILT_REGION_STACKS);
  put_whole(&writer, header, SILT_REGION_FRAMES);
  put_whole(&writer, header, SILT_REGION_MODULES);
  put_whole(&writer, header, SILT_REGION_STRINGS);
  if (!writer.error) writer.error = silt_os_truncate(fd, writer.offset);
  packed.checksum = 0;
  packed.checksum = silt_checksum(SILT_CHECKSUM_START, &packed, sizeof packed);
  writer.offset = 0;
  put(&writer, &packed, sizeof packed);
  put_batch(&writer);
  return writer.error;
}

static int dump_as(struct silt_header *header, enum silt_reason reason) {
  static char path[544], temporary[544];
  uint32_t sequence = add_relaxed(&header->dumps, 1u) + 1;
  if (!*silt_file_stem()) return ENOENT;
  struct silt_text text = silt_text_in(path, sizeof path);
  silt_text_add(&text, silt_file_stem());
  silt_text_char(&text, '.');
  silt_text_number(&text, sequence);
  silt_text_add(&text, ".silt");
  struct silt_text other = silt_text_in(temporary, sizeof temporary);
  silt_text_add(&other, path);
  silt_text_add(&other, ".tmp");
  if (other.cut) return ENAMETOOLONG;
  int fd = -1;
  silt_os_unlink(temporary);  // of a process of our number that was killed in a dump
  int error = silt_os_open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, &fd);
  if (error) return error;
  error = write_file(fd, header, reason, sequence);
  silt_os_close(fd);
  if (!error) error = silt_os_rename(temporary, path);
  if (error) silt_os_unlink(temporary);
  if (!error) silt_prune(silt_file_stem(), header, silt_config.keep);
  return error;
}

static void look_at_signal(struct silt_header *header);

static bool begin(uint32_t here) {
  uint32_t before = load_relaxed(&busy);
  return before != here && cas_acq_rel(&busy, &before, here);
}

static int make(struct silt_header *header, enum silt_reason reason) {
  look_at_signal(header);
  int error = dump_as(header, reason);
  store_release(&busy, 0u);  // pairs with the cas of the next dump
  return error;
}

// Another thread may take a signal before the one that made the last dump is through, although its
// file is there. Whoever is through then makes the dump that is wanted, so that no signal is lost.
static void dump_wanted(struct silt_header *header, uint32_t here) {
  fence_seq_cst();  // one side sets `wanted`, then looks at `busy`; the other the reverse
  while (load_relaxed(&wanted) == here && begin(here)) {
    int error = 0;
    if (load_relaxed(&wanted) == here) {
      store_relaxed(&wanted, 0u);
      error = make(header, SILT_REASON_SIGNAL);
    } else {
      store_release(&busy, 0u);  // made meanwhile
    }
    if (error) silt_session_lose(header, SILT_LOST_DUMP, 0);
    fence_seq_cst();
  }
}

static bool dump(struct silt_header *header, enum silt_reason reason) {
  uint32_t here = silt_owner_generation() + 1;
  // A handler that leaves by longjmp would leave `busy` behind for ever.
  uint64_t signals = silt_os_block_signals();
  int error = 0;
  if (reason == SILT_REASON_SIGNAL)
    store_relaxed(&wanted, here);
  else
    error = begin(here) ? make(header, reason) : EBUSY;
  if (error) silt_session_lose(header, SILT_LOST_DUMP, 0);
  if (reason != SILT_REASON_EXIT) dump_wanted(header, here);
  silt_os_restore_signals(signals);
  return !error;
}

// ---- on a signal

// Signal context. May call whatever is lock-free here: the session, the writer, bare system calls.
static void on_signal(int signal) {
  (void)signal;
  int saved = errno;
  struct silt_header *header = silt_session();
  if (header) dump(header, SILT_REASON_SIGNAL);
  errno = saved;
}

// Undecided until the constructor has run: samples come before it.
static enum { UNDECIDED, OURS, FOREIGN } signal_owner;

static void look_at_signal(struct silt_header *header) {
  uint64_t handler;
  if (!silt_config.signal || signal_owner == UNDECIDED ||
      silt_os_signal_handler((int)silt_config.signal, &handler) || handler == (uintptr_t)on_signal)
    return;
  or_relaxed(&header->flags,
             signal_owner == OURS ? SILT_FLAG_SIGNAL_TAKEN : SILT_FLAG_SIGNAL_FOREIGN);
}

static void look_at_signal_at_times(struct silt_header *header, uint64_t now) {
  static uint64_t next_look;
  if (now < load_relaxed(&next_look)) return;
  store_relaxed(&next_look, now + 1000000000u);
  look_at_signal(header);
}

void silt_dump_init(void) {
  uint64_t handler = 0;
  int number = (int)silt_config.signal;
  if (!number || silt_os_signal_handler(number, &handler)) return;
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};
  signal_owner = handler == 0 && sigaction(number, &action, NULL) == 0 ? OURS : FOREIGN;
}

// ---- on an interval, on growth

static void dump_on_interval(struct silt_header *header, uint64_t now) {
  static uint64_t due;
  uint64_t at = load_relaxed(&due);
  if (now < at || !cas_relaxed(&due, &at, now + silt_config.dump_every)) return;
  if (at) dump(header, SILT_REASON_INTERVAL);
}

static int64_t inuse;      // roughly: what one sample stands for, added up
static int64_t high_mark;  // in-use at the last dump for growth

// About size / (1 - exp(-size / interval)): good enough to decide when to look.
static int64_t stands_for(uint64_t size) {
  uint64_t interval = silt_config.interval == 1 ? 0 : silt_config.interval;
  return (int64_t)(size < 2 * interval ? interval + size / 2 : size);
}

static void dump_on_growth(struct silt_header *header, uint64_t size) {
  int64_t now = add_relaxed(&inuse, stands_for(size)) + stands_for(size);
  int64_t mark = load_relaxed(&high_mark);
  if (now - mark < (int64_t)silt_config.dump_growth || !cas_relaxed(&high_mark, &mark, now)) return;
  dump(header, SILT_REASON_GROWTH);
}

void silt_dump_after_alloc(struct silt_header *header, uint64_t now, uint64_t size) {
  look_at_signal_at_times(header, now);
  if (silt_config.dump_every) dump_on_interval(header, now);
  if (silt_config.dump_growth) dump_on_growth(header, size);
}

void silt_dump_after_free(uint64_t size) {
  if (silt_config.dump_growth) add_relaxed(&inuse, -stands_for(size));
}

// ---- at exit

void silt_dump_at_exit(void) {
  struct silt_header *header = silt_session_current();
  // A vfork child that gives up before exec runs in its parent's memory.
  if (!header || header->pid != silt_os_pid() || !silt_session_close()) return;
  store_relaxed(&header->state, (uint32_t)SILT_STATE_EXITED);
  if (silt_config.exit == SILT_EXIT_DISCARD || dump(header, SILT_REASON_EXIT)) silt_file_unlink();
}
