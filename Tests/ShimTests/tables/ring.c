// SPDX-License-Identifier: Apache-2.0
//
// The ring: order, wrapping, and that a mixture of two events is never taken for one.
#include "tables/ring.h"

#include "session/regions.h"
#include "session/session.h"
#include "suite/suite.h"
#include "tables/invariants.h"
#include "tables/tables.h"

static struct silt_event numbered(uint64_t number) {
  return (struct silt_event){.time = number,
                             .address = number * 16,
                             .size = number * 3,
                             .born = number / 2,
                             .site = (uint32_t)number,
                             .thread = (uint32_t)(number >> 32) + 1,
                             .operation = number % 2 ? SILT_OP_ALLOC : SILT_OP_FREE};
}

static bool is_numbered(const struct silt_event *event) {
  struct silt_event whole = numbered(event->time);
  return event->address == whole.address && event->size == whole.size &&
         event->born == whole.born && event->site == whole.site && event->thread == whole.thread &&
         event->operation == whole.operation;
}

static void holds_the_last_events_in_order(void) {
  struct silt_header *header = silt_tables_session();
  uint64_t capacity = header->regions[SILT_REGION_RING].capacity, count = 0;
  REQUIRE(capacity == (1 << 20) / 64 / sizeof(struct silt_event));
  for (; count < 3 * capacity + 7; count++) {
    silt_ring_push(header, numbered(count));
    if (count % 100 == 0) REQUIRE(ring_is_valid(header));
  }
  REQUIRE(header->regions[SILT_REGION_RING].used == count && ring_is_valid(header));
  for (uint64_t number = count - capacity; number < count; number++) {
    const struct silt_event *event = silt_region_at(header, SILT_REGION_RING, number % capacity);
    REQUIRE(event->sequence == number + 1 && event->time == number && is_numbered(event));
  }
}

static void every_changed_field_fails_the_check(void) {
  struct silt_event event = numbered(12345);
  event.sequence = 12346;
  event.check = silt_event_check(&event);
  for (size_t byte = 0; byte < offsetof(struct silt_event, check); byte++) {
    struct silt_event torn = event;
    ((unsigned char *)&torn)[byte] ^= (unsigned char)(1 + suite_below(127));
    // No size has more than 47 bits.
    REQUIRE(torn.size >> 47 || silt_event_check(&torn) != event.check);
  }
}

static void full_disk_drops_events_and_keeps_the_rest(void) {
  suite_configure("SILT_CAPACITY", "8M", NULL);
  struct silt_header *header = silt_tables_session();
  struct silt_region *ring = &header->regions[SILT_REGION_RING];
  uint64_t count = 0;
  for (; count < 10; count++) silt_ring_push(header, numbered(count));
  uint64_t present = ring->backed / sizeof(struct silt_event);
  REQUIRE(present < ring->capacity);
  suite_reservations = 0;
  for (; count < 2 * ring->capacity; count++) silt_ring_push(header, numbered(count));
  REQUIRE(ring->backed / sizeof(struct silt_event) == present && ring_is_valid(header));
  const struct silt_event *first = silt_region_at(header, SILT_REGION_RING, 0);
  REQUIRE(first->sequence == ring->capacity + 1);
}

enum { EACH = 60000 };
static uint32_t writing;

static void write_many(unsigned thread) {
  struct silt_header *header = silt_session_current();
  for (uint64_t i = 0; i < EACH; i++) silt_ring_push(header, numbered(i * SUITE_THREADS + thread));
  add_relaxed(&writing, UINT32_MAX);
}

// A reader is not synchronized with the writers: it copies first, then checks the copy.
__attribute__((no_sanitize("thread"))) static struct silt_event copy(
    const struct silt_event *slot) {
  struct silt_event event;
  const volatile uint64_t *from = (const volatile uint64_t *)slot;
  for (size_t i = 0; i < sizeof event / 8; i++) ((volatile uint64_t *)&event)[i] = from[i];
  return event;
}

static void read_meanwhile(unsigned thread) {
  struct silt_header *header = silt_session_current();
  uint64_t capacity = header->regions[SILT_REGION_RING].capacity;
  if (thread != 0) {
    write_many(thread);
    return;
  }
  for (uint64_t i = 0; load_relaxed(&writing) > 0; i++) {
    struct silt_event event = copy(silt_region_at(header, SILT_REGION_RING, i % capacity));
    if (event.sequence == 0 || event.check != silt_event_check(&event)) continue;
    REQUIRE((event.sequence - 1) % capacity == i % capacity && is_numbered(&event));
  }
}

static void reader_never_takes_a_torn_event(void) {
  struct silt_header *header = silt_tables_session();
  for (uint64_t i = 0; i < header->regions[SILT_REGION_RING].capacity; i++)
    silt_ring_push(header, numbered(i));
  writing = SUITE_THREADS - 1;
  suite_run_together(read_meanwhile);
  REQUIRE(header->regions[SILT_REGION_RING].used ==
          header->regions[SILT_REGION_RING].capacity + (SUITE_THREADS - 1) * EACH);
}

SUITE({"ring holds the last events in order", holds_the_last_events_in_order},
      {"ring: every changed field fails the check", every_changed_field_fails_the_check},
      {"ring: a full disk drops events and keeps the rest",
       full_disk_drops_events_and_keeps_the_rest},
      {"ring: a reader never takes a torn event", reader_never_takes_a_torn_event})
