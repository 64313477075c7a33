// SPDX-License-Identifier: Apache-2.0
//
// The program adds elements while the regions are written. So an element is written before what it
// refers to: whatever it refers to is then in the file as well. The header is written last.
#include "dump/pack.h"

#include <errno.h>

#include "base/os.h"
#include "base/text.h"
#include "dump/memory.h"
#include "session/regions.h"
#include "session/threads.h"

// Static, because a dump may run on a signal's small stack.
static struct silt_header pack_header;
static char pack_batch[64 << 10];
static uint64_t pack_batched;

struct pack_writer {
  int fd;
  int error;
  uint64_t offset, limit;
  uint64_t checksum;  // of the region so far
};

static void pack_put_batch(struct pack_writer *writer) {
  // A write above the limit would not only be refused: the kernel sends SIGXFSZ.
  if (writer->offset + pack_batched > writer->limit) writer->error = EFBIG;
  if (!writer->error && pack_batched)
    writer->error = silt_os_pwrite(writer->fd, pack_batch, pack_batched, writer->offset);
  writer->checksum = silt_checksum(writer->checksum, pack_batch, pack_batched);
  writer->offset += pack_batched;
  pack_batched = 0;
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

static void pack_begin_region(struct pack_writer *writer, enum silt_region_kind kind) {
  writer->offset = (writer->offset + 63) & ~UINT64_C(63);
  writer->checksum = SILT_CHECKSUM_START;
  pack_header.regions[kind].offset = writer->offset;
}

static void pack_end_region(struct pack_writer *writer, enum silt_region_kind kind,
                            uint64_t elements) {
  pack_put_batch(writer);
  pack_header.regions[kind].checksum = writer->checksum;
  pack_header.regions[kind].capacity = pack_header.regions[kind].used = elements;
  pack_header.regions[kind].backed = elements * pack_header.regions[kind].element_size;
}

static void pack_put_whole(struct pack_writer *writer, struct silt_header *header,
                           enum silt_region_kind kind) {
  uint64_t used = silt_region_count(header, kind);
  pack_begin_region(writer, kind);
  pack_put(writer, silt_region_at(header, kind, 0), used * silt_region_bounds[kind].element_size);
  pack_end_region(writer, kind, used);
}

static void pack_put_ring(struct pack_writer *writer, struct silt_header *header) {
  const uint64_t capacity = silt_region_capacity(SILT_REGION_RING);
  uint64_t end = load_acquire(&header->regions[SILT_REGION_RING].used);
  // Of the ring, `used` runs on: what it counts is what is present.
  uint64_t count = silt_region_count(header, SILT_REGION_RING);
  // The oldest event first. Once the ring is full, that is the slot that is overwritten next.
  uint64_t first = end > capacity ? end % capacity : 0;
  if (first >= count) first = 0;
  pack_begin_region(writer, SILT_REGION_RING);
  pack_put(writer, silt_region_at(header, SILT_REGION_RING, first),
           (count - first) * sizeof(struct silt_event));
  pack_put(writer, silt_region_at(header, SILT_REGION_RING, 0), first * sizeof(struct silt_event));
  pack_end_region(writer, SILT_REGION_RING, count);
}

static void pack_put_live(struct pack_writer *writer, struct silt_header *header) {
  uint64_t slots = silt_region_count(header, SILT_REGION_LIVE), count = 0;
  pack_begin_region(writer, SILT_REGION_LIVE);
  for (uint64_t i = 0; i < slots; i++) {
    struct silt_live *slot = silt_region_at(header, SILT_REGION_LIVE, i);
    if (load_acquire(&slot->address) <= SILT_LIVE_BUSY) continue;
    pack_put(writer, slot, sizeof *slot);
    count++;
  }
  pack_end_region(writer, SILT_REGION_LIVE, count);
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

static void pack_put_threads(struct pack_writer *writer, struct silt_header *header) {
  uint64_t slots = silt_region_count(header, SILT_REGION_THREADS), count = 0;
  pack_begin_region(writer, SILT_REGION_THREADS);
  for (uint64_t i = 0; i < slots; i++) {
    struct silt_thread_record record;
    if (!silt_threads_copy(header, i, &record)) continue;
    if (count++ < NAMED_THREADS && record.thread) pack_read_name(&record);
    pack_put(writer, &record, sizeof record);
  }
  pack_end_region(writer, SILT_REGION_THREADS, count);
}

int silt_pack(int fd, struct silt_header *header, enum silt_reason reason, uint32_t sequence) {
  struct pack_writer writer = {
      .fd = fd, .offset = SILT_HEADER_SIZE, .limit = silt_os_file_size_limit()};
  // Not 0 in a child that was forked during a dump of another thread.
  pack_batched = 0;
  pack_header = *header;
  pack_header.kind = SILT_KIND_DUMP;
  pack_header.uid = silt_os_uid();  // may have changed; readers compare it with the file's owner
  pack_header.reason = reason;
  pack_header.sequence = sequence;
  pack_header.dump_realtime = silt_os_realtime();
  pack_header.dump_monotonic = silt_os_monotonic();
  silt_memory_measure(&pack_header);
  pack_put_ring(&writer, header);
  pack_put_live(&writer, header);
  pack_put_threads(&writer, header);
  pack_put_whole(&writer, header, SILT_REGION_SITES);
  pack_put_whole(&writer, header, SILT_REGION_STACKS);
  pack_put_whole(&writer, header, SILT_REGION_FRAMES);
  pack_put_whole(&writer, header, SILT_REGION_MODULES);
  pack_put_whole(&writer, header, SILT_REGION_STRINGS);
  if (!writer.error) writer.error = silt_os_truncate(fd, writer.offset);
  pack_header.checksum = 0;
  pack_header.checksum = silt_checksum(SILT_CHECKSUM_START, &pack_header, sizeof pack_header);
  writer.offset = 0;
  pack_put(&writer, &pack_header, sizeof pack_header);
  pack_put_batch(&writer);
  return writer.error;
}
