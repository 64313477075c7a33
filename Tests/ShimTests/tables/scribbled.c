// SPDX-License-Identifier: Apache-2.0
//
// The tables while somebody else writes to the file.
#include "session/regions.h"
#include "suite/suite.h"
#include "tables/live.h"
#include "tables/maps.h"
#include "tables/ring.h"
#include "tables/tables.h"

// Whoever may write to the file can write anything there. The program must not notice.
static void scribbled_header_harms_nobody(void) {
  struct silt_header *header = silt_tables_session();
  uint64_t at = 0;
  REQUIRE(silt_region_claim(header, SILT_REGION_SITES, 3, &at));
  for (int round = 0; round < 3000; round++) {
    unsigned char *bytes = (unsigned char *)header->regions;
    for (size_t i = 0; i < sizeof header->regions; i++)
      bytes[i] = (unsigned char)(round % 3 == 0 ? suite_random() : round % 3 == 1 ? 0 : 255);
    header->page_size = (uint32_t)suite_random();
    header->flags = (uint32_t)suite_random();
    silt_ring_prefetch(header);
    silt_ring_push(header, (struct silt_event){.time = 1});
    for (enum silt_region_kind kind = 0; kind <= SILT_REGION_THREADS; kind++) {
      if (silt_region_claim(header, kind, 1 + suite_below(3), &at))
        *(volatile char *)silt_region_at(header, kind, at) = 1;
      uint64_t count = silt_region_count(header, kind);
      if (count) *(volatile char *)silt_region_at(header, kind, count - 1) = 1;
      *(volatile char *)silt_region_at(header, kind, (uint32_t)suite_random()) = 1;
    }
    struct silt_live_entry entry = {.address = 4096 + 16 * suite_below(1000), .size = 1};
    silt_live_prefetch(header, entry.address);
    silt_live_insert(header, &entry);
    silt_live_remove(header, 4096 + 16 * suite_below(1000), &entry);
    struct silt_maps_change change = {.kind = (uint32_t)suite_below(5),
                                      .start = 4096 * suite_below(1 << 12),
                                      .size = 4096 * (1 + suite_below(64)),
                                      .from = 4096 * suite_below(1 << 12),
                                      .from_size = 4096,
                                      .before = silt_maps_order(),
                                      .born = silt_maps_order()};
    silt_maps_change(header, &change);
    unsigned char *mapping = silt_region_at(header, SILT_REGION_MAPPINGS, suite_below(100));
    for (size_t i = 0; i < sizeof(struct silt_mapping); i++)
      mapping[i] = (unsigned char)suite_random();
  }
}

SUITE({"tables: a scribbled header harms nobody", scribbled_header_harms_nobody})
