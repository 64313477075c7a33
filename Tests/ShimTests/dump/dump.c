// SPDX-License-Identifier: Apache-2.0
//
// A dump's checksums, as a reader would check them.
#include "dump/dump.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/regions.h"
#include "session/session.h"
#include "suite/suite.h"
#include "tables/live.h"
#include "tables/stacks.h"
#include "tables/tables.h"

static char *bytes;  // of the dump
static uint64_t bytes_count;

static void read_dump(void) {
  struct stat status;
  int fd = open(suite_file(".1.silt"), O_RDONLY);
  REQUIRE(fd >= 0 && fstat(fd, &status) == 0);
  bytes_count = (uint64_t)status.st_size;
  bytes = mmap(NULL, bytes_count, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  REQUIRE(bytes != MAP_FAILED && close(fd) == 0);
}

static bool header_is_right(void) {
  struct silt_header header = *(struct silt_header *)bytes;
  header.checksum = 0;
  return silt_checksum(SILT_CHECKSUM_START, &header, sizeof header) ==
         ((struct silt_header *)bytes)->checksum;
}

static bool region_is_right(int kind) {
  const struct silt_region *region = &((struct silt_header *)bytes)->regions[kind];
  uint64_t size = region->capacity * region->element_size;
  REQUIRE(region->offset + size <= bytes_count && region->used == region->capacity);
  return silt_checksum(SILT_CHECKSUM_START, bytes + region->offset, size) == region->checksum;
}

static void fill_session(struct silt_header *header) {
  struct silt_moment moment = silt_moment(header, 0, true);
  uint64_t at;
  for (uint64_t i = 0; i < 5000; i++) {
    uint64_t pcs[] = {0x1000 + i, 0x3000 + i % 7};
    struct silt_trace trace = {pcs, 2, silt_stack_root(SILT_TIER_WHOLE, SILT_END_COMPLETE)};
    REQUIRE(silt_stacks_find(header, &trace, NULL, &moment, true));
    struct silt_live_entry entry = {.address = 0x7f0000000000 + i * 16, .size = i, .site = 1};
    REQUIRE(silt_live_insert(header, &entry));
  }
  // More than a batch, and no multiple of 8.
  REQUIRE(silt_region_claim(header, SILT_REGION_STRINGS, 100003, &at));
  memset(silt_region_at(header, SILT_REGION_STRINGS, at), 'x', 100003);
}

static void checksums_tell_every_change(void) {
  suite_configure("SILT_CAPACITY", "16M", NULL);
  struct silt_header *header = silt_tables_session();
  fill_session(header);
  REQUIRE(header->checksum == 0);  // a live file has none
  silt_dump_at_exit(SILT_DUMP_BY_EXIT);
  read_dump();
  REQUIRE(header_is_right());
  for (int kind = 0; kind < SILT_REGION_COUNT; kind++) {
    const struct silt_region *region = &((struct silt_header *)bytes)->regions[kind];
    uint64_t size = region->capacity * region->element_size;
    REQUIRE(!region->element_size || region_is_right(kind));
    for (int i = 0; size && i < 20; i++) {
      char *at = bytes + region->offset + (i ? suite_below(size) : size - 1);
      char before = *at;
      *at ^= (char)(1 << suite_below(8));
      REQUIRE(!region_is_right(kind));
      *at = before;
    }
  }
  ((struct silt_header *)bytes)->pid++;
  REQUIRE(!header_is_right());
}

SUITE({"dump: checksums tell every change", checksums_tell_every_change})
