// SPDX-License-Identifier: Apache-2.0
//
// In one shared object with the shim's files, so that these functions do not appear in the stacks.
#define _GNU_SOURCE
#include "parts.h"

#include "base/config.h"
#include "base/os.h"
#include "cfi/walk.h"
#include "sample/place.h"
#include "sample/record.h"
#include "sample/sampler.h"
#include "sample/unwind.h"
#include "tables/filter.h"
#include "tables/ring.h"
#include "tables/sites.h"
#include "tables/tables.h"

static struct silt_header *header;

SILT_EXPORT void parts_begin(void) {
  silt_os_use_clock(clock_gettime);  // as entry/next.c does
  silt_config_ready();
  silt_unwind_init();
  header = silt_tables_session();
  silt_thread.countdown = 0;
  uint32_t step;
  silt_sampler_due(0, &step);  // seeds the thread
}

SILT_EXPORT uint64_t parts_address(uint64_t i) {
  return UINT64_C(0x7e0000000000) + (silt_mix(i + 1) % (UINT64_C(100) << 30) & ~UINT64_C(15));
}

SILT_EXPORT void parts_fill(uint64_t count) {
  for (uint64_t i = 0; i < count; i++) {
    struct silt_live_entry entry = {.address = parts_address(i), .size = 64, .time = i, .site = 1};
    if (!silt_live_insert(header, &entry)) __builtin_trap();
  }
}

SILT_EXPORT void parts_sample(void *argument) {
  struct sample *sample = argument;
  uint64_t pcs[SILT_UNWIND_ROOM], clock[PARTS];
  uint8_t end;
  clock[0] = silt_os_monotonic();
  sample->frames = silt_unwind(pcs, &end);
  clock[1] = silt_os_monotonic();
  uint64_t unloads;
  bool settled = silt_cfi_unloads(&unloads);
  struct silt_moment moment = silt_moment(header, unloads, settled);
  struct silt_place place =
      silt_place_site(header, pcs, sample->frames, end, sample->size, 0, &moment);
  if (place.tier) __builtin_trap();  // the session fills: give it more, or take fewer samples
  uint32_t id = place.id;
  struct silt_site *site = silt_site_at(header, id);
  add_relaxed(&site->alloc_bytes, sample->size);
  add_relaxed(&site->alloc_objects, UINT64_C(1));
  clock[2] = silt_os_monotonic();
  struct silt_live_entry entry = {
      .address = sample->address, .size = sample->size, .time = clock[2], .site = id};
  silt_live_insert(header, &entry);
  clock[3] = silt_os_monotonic();
  silt_ring_push(header, (struct silt_event){.time = entry.time,
                                             .address = entry.address,
                                             .size = entry.size,
                                             .site = id,
                                             .operation = SILT_OP_ALLOC});
  clock[4] = silt_os_monotonic();
  silt_live_remove(header, sample->old, &entry);
  clock[5] = silt_os_monotonic();
  for (int i = UNWIND; i <= REMOVE; i++) sample->ns[i] = clock[i + 1] - clock[i];
}

SILT_EXPORT void parts_whole(void *argument) {
  struct sample *sample = argument;
  const void *p = (const void *)(uintptr_t)sample->address;
  const void *old = (const void *)(uintptr_t)sample->old;
  struct silt_live_entry entry;
  silt_thread.countdown = 0;  // this one is due
  uint64_t start = silt_os_monotonic();
  silt_record_alloc(p, sample->size);
  uint64_t recorded = silt_os_monotonic();
  if (silt_record_take(old, &entry)) silt_record_freed(&entry);
  sample->ns[FREE] = silt_os_monotonic() - recorded;
  sample->ns[SAMPLE] = recorded - start;
}

SILT_EXPORT uint64_t parts_free(const uint64_t *addresses, uint64_t count) {
  uint64_t maybe = 0;
  struct silt_live_entry entry;
  for (uint64_t i = 0; i < count; i++) {
    const void *p = (const void *)(uintptr_t)addresses[i];
    if (SILT_UNLIKELY(silt_filter_maybe(p))) {
      maybe++;
      silt_record_take(p, &entry);
    }
  }
  return maybe;
}
