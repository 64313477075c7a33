// SPDX-License-Identifier: Apache-2.0
//
// The program adds elements while the regions are written. So an element is written before what it
// refers to: whatever it refers to is then in the file as well. The header is written first without
// its checksum, for those who ask whose file this is, and last as it is to be read; at once with
// the rest where all of it is one batch.
//
// A file may be written in several turns, with any time between them. What the program has added
// since the first one is left out where it would count twice: a block that was moved, an event.
#include "dump/pack.h"

#include <errno.h>

#include "base/os.h"
#include "base/text.h"
#include "dump/memory.h"
#include "session/regions.h"
#include "tables/threads.h"

// Of the one file that is being written. Static, because it outlives a turn, and because a dump may
// run on a signal's small stack.
static struct silt_header pack_header;
static char pack_batch[64 << 10];
// Bytes of the session between two looks at the clock.
#define PACK_PIECE (16u << 10)
static uint64_t pack_batched;
static uint64_t pack_summed;  // of these, what is in the region's checksum, or not of the region
static struct pack_writer {
  int fd;  // of this turn
  int error;
  struct silt_os_status file;
  uint64_t offset, limit;  // where the batch goes, and what a file may have in this turn
  uint64_t checksum;       // of the region so far
  uint32_t step;           // the place in pack_order of the region that is being written
  uint64_t next, end;      // its elements that are still to be looked at
  uint64_t count;          // its elements that have been put
  uint64_t first_event;    // the slot of the oldest event
  uint64_t events;         // how many there had been at the start
} pack_writer;

static void pack_sum(struct pack_writer *writer) {
  writer->checksum =
      silt_checksum(writer->checksum, pack_batch + pack_summed, pack_batched - pack_summed);
  pack_summed = pack_batched;
}

static void pack_put_batch(struct pack_writer *writer) {
  // A write above the limit would not only be refused: the kernel sends SIGXFSZ.
  if (writer->offset + pack_batched > writer->limit) writer->error = EFBIG;
  // The program may close every descriptor, and open files of its own.
  if (!writer->error && !silt_os_is_file(writer->fd, &writer->file)) writer->error = EBADF;
  if (!writer->error && pack_batched)
    writer->error = silt_os_pwrite(writer->fd, pack_batch, pack_batched, writer->offset);
  pack_sum(writer);
  writer->offset += pack_batched;
  pack_batched = pack_summed = 0;
}

// Everything goes through the batch: the session changes meanwhile, and the checksum must be of
// what is written. A full batch is a multiple of 8 bytes, as silt_checksum asks of all but the
// last.
static void pack_put(struct pack_writer *writer, const void *bytes, uint64_t size) {
  for (const char *at = bytes; size > 0;) {
    uint64_t room = sizeof pack_batch - pack_batched, part = size < room ? size : room;
    __builtin_memcpy(pack_batch + pack_batched, at, part);
    pack_batched += part;
    at += part;
    size -= part;
    if (pack_batched == sizeof pack_batch) pack_put_batch(writer);
  }
}

// ---- one element of each kind that is not copied as it is

static void pack_put_event(struct pack_writer *writer, struct silt_header *header, uint64_t i) {
  // The oldest event first. Once the ring is full, that is the slot that is overwritten next.
  uint64_t slot = writer->first_event + i;
  if (slot >= writer->end) slot -= writer->end;
  const struct silt_event *event = silt_region_at(header, SILT_REGION_RING, slot);
  if (load_acquire(&event->sequence) > writer->events) return;
  pack_put(writer, event, sizeof *event);
  writer->count++;
}

static void pack_put_live(struct pack_writer *writer, struct silt_header *header, uint64_t i) {
  const struct silt_live *slot = silt_region_at(header, SILT_REGION_LIVE, i);
  if (load_acquire(&slot->address) <= SILT_LIVE_BUSY) return;
  struct silt_live copy = *slot;
  // A block that realloc has moved since the start may have been put already.
  if (copy.time > pack_header.dump_monotonic) return;
  pack_put(writer, &copy, sizeof copy);
  writer->count++;
}

// A name costs three system calls: only so many threads get theirs, which bounds a dump's time.
#define NAMED_THREADS 1024u

static void pack_read_name(struct silt_thread_record *record) {
  char path[64];
  size_t got = 0;
  struct silt_text text = silt_text_in(path, sizeof path);
  silt_text_add(&text, "/proc/self/task/");
  silt_text_number(&text, record->thread);
  silt_text_add(&text, "/comm");
  if (silt_os_slurp(path, record->name, sizeof record->name, &got)) got = 0;
  // The line ends with a newline, unless it was cut.
  while (got > 0 && record->name[got - 1] == '\n') got--;
  __builtin_memset(record->name + got, 0, sizeof record->name - got);
}

static void pack_put_thread(struct pack_writer *writer, struct silt_header *header, uint64_t i) {
  struct silt_thread_record record;
  if (!silt_threads_copy(header, i, &record)) return;
  if (writer->count++ < NAMED_THREADS && record.thread) pack_read_name(&record);
  pack_put(writer, &record, sizeof record);
}

static void pack_put_mapping(struct pack_writer *writer, struct silt_header *header, uint64_t i) {
  const struct silt_mapping *from = silt_region_at(header, SILT_REGION_MAPPINGS, i);
  struct silt_mapping copy = {.address = load_acquire(&from->address)};
  if (copy.address <= SILT_LIVE_BUSY) return;
  copy.size = load_relaxed(&from->size);
  copy.time = load_relaxed(&from->time);
  copy.stack = load_relaxed(&from->stack);
  copy.thread = load_relaxed(&from->thread);
  copy.protection = load_relaxed(&from->protection);
  copy.flags = load_relaxed(&from->flags);
  copy.check = load_relaxed(&from->check);
  // One that is changed now has no right check; one that was made since the start may lie where
  // another one was put already.
  if (copy.check != silt_mapping_check(&copy) || copy.time > pack_header.dump_monotonic) return;
  pack_put(writer, &copy, sizeof copy);
  writer->count++;
}

// ---- regions

// What is written, in this order. `put` looks at one element; without it, elements are copied.
static const struct {
  enum silt_region_kind kind;
  void (*put)(struct pack_writer *writer, struct silt_header *header, uint64_t i);
  uint32_t piece;  // elements between two looks at the clock; 0: those of PACK_PIECE
} pack_order[] = {
    {SILT_REGION_RING, pack_put_event, 0},
    {SILT_REGION_LIVE, pack_put_live, 0},
    {SILT_REGION_MAPPINGS, pack_put_mapping, 0},
    {SILT_REGION_THREADS, pack_put_thread, 16},
    {SILT_REGION_SITES, NULL, 0},
    {SILT_REGION_STACKS, NULL, 0},
    {SILT_REGION_FRAMES, NULL, 0},
    {SILT_REGION_MODULES, NULL, 0},
    {SILT_REGION_STRINGS, NULL, 0},
};
#define PACK_STEPS (sizeof pack_order / sizeof pack_order[0])

static void pack_begin_ring(struct pack_writer *writer, struct silt_header *header) {
  const uint64_t capacity = silt_region_capacity(SILT_REGION_RING);
  writer->events = load_acquire(&header->regions[SILT_REGION_RING].used);
  // Of the ring, `used` runs on: what it counts is what is present.
  writer->end = silt_region_count(header, SILT_REGION_RING);
  writer->first_event = writer->events > capacity ? writer->events % capacity : 0;
  if (writer->first_event >= writer->end) writer->first_event = 0;
}

static void pack_begin_region(struct pack_writer *writer, struct silt_header *header) {
  enum silt_region_kind kind = pack_order[writer->step].kind;
  writer->next = writer->count = 0;
  if (kind == SILT_REGION_RING)
    pack_begin_ring(writer, header);
  else
    writer->end = silt_region_count(header, kind);
  static const char nothing[64];
  pack_put(writer, nothing, -(writer->offset + pack_batched) & 63);
  pack_summed = pack_batched;
  writer->checksum = SILT_CHECKSUM_START;
  pack_header.regions[kind].offset = writer->offset + pack_batched;
}

static void pack_end_region(struct pack_writer *writer) {
  struct silt_region *region = &pack_header.regions[pack_order[writer->step].kind];
  pack_sum(writer);
  region->checksum = writer->checksum;
  region->capacity = region->used = writer->count;
  region->backed = writer->count * region->element_size;
}

static void pack_put_piece(struct pack_writer *writer, struct silt_header *header) {
  enum silt_region_kind kind = pack_order[writer->step].kind;
  uint64_t size = silt_region_bounds[kind].element_size, left = writer->end - writer->next;
  uint64_t piece = pack_order[writer->step].piece;
  if (!piece) piece = PACK_PIECE / size;
  if (piece > left) piece = left;
  if (pack_order[writer->step].put) {
    for (uint64_t i = 0; i < piece; i++)
      pack_order[writer->step].put(writer, header, writer->next + i);
  } else {
    pack_put(writer, silt_region_at(header, kind, writer->next), piece * size);
    writer->count += piece;
  }
  writer->next += piece;
}

static void pack_finish(struct pack_writer *writer) {
  bool is_small = !writer->offset;
  if (!is_small) pack_put_batch(writer);
  if (!writer->error && !silt_os_is_file(writer->fd, &writer->file)) writer->error = EBADF;
  if (!is_small && !writer->error) writer->error = silt_os_truncate(writer->fd, writer->offset);
  pack_header.checksum = silt_checksum(SILT_CHECKSUM_START, &pack_header, sizeof pack_header);
  if (is_small) {
    __builtin_memcpy(pack_batch, &pack_header, sizeof pack_header);
  } else {
    writer->offset = 0;
    pack_put(writer, &pack_header, sizeof pack_header);
  }
  pack_put_batch(writer);
}

void silt_pack_begin(int fd, struct silt_header *header, enum silt_reason reason,
                     uint32_t sequence) {
  pack_writer = (struct pack_writer){.fd = fd};
  pack_writer.error = silt_os_status(fd, &pack_writer.file);
  // Not 0 in a child that was forked during a dump of another thread.
  pack_batched = pack_summed = 0;
  pack_header = *header;
  pack_header.kind = SILT_KIND_DUMP;
  // May have changed since the session began; readers compare it with the owner of the file.
  pack_header.uid = silt_os_uid();
  pack_header.reason = reason;
  pack_header.sequence = sequence;
  pack_header.dump_realtime = silt_os_realtime();
  pack_header.dump_monotonic = silt_os_monotonic();
  pack_header.checksum = 0;
  silt_memory_measure(&pack_header);
  pack_put(&pack_writer, &pack_header, sizeof pack_header);
  pack_begin_region(&pack_writer, header);
}

int silt_pack_go_on(int fd, struct silt_header *header, uint64_t until, bool *whole) {
  pack_writer.fd = fd;
  // The program may have changed it between two turns.
  pack_writer.limit = silt_os_file_size_limit();
  while (pack_writer.step < PACK_STEPS && !pack_writer.error) {
    pack_put_piece(&pack_writer, header);
    if (pack_writer.next == pack_writer.end) {
      pack_end_region(&pack_writer);
      if (++pack_writer.step < PACK_STEPS) pack_begin_region(&pack_writer, header);
    }
    if (silt_os_monotonic() >= until) break;
  }
  *whole = pack_writer.step == PACK_STEPS;
  if (*whole)
    pack_finish(&pack_writer);
  else if (!pack_writer.offset)
    pack_put_batch(&pack_writer);  // between two turns, the file says whose it is
  return pack_writer.error;
}
