// SPDX-License-Identifier: Apache-2.0
//
// What a file of version 3 has otherwise than silt_format.h says: header, modules, stacks, sites.
// Read only; nothing writes it any more. The other structs are the same; the regions from FRAMES
// on, checksums, tiers, intervals and labels are not there.
//
// A pc is looked up among the modules that were loaded in its stack's epoch: epochs count how many
// times a module that stands in a stack had been unloaded.
#ifndef SILT_FORMAT_3_H
#define SILT_FORMAT_3_H

#include "silt_format.h"

#define SILT_LOST_COUNT_3 16u
#define SILT_REGION_COUNT_3 8u

struct silt_header_3 {
  uint64_t magic;
  uint32_t version;
  uint32_t header_size;
  uint32_t byte_order;
  uint16_t machine;
  uint16_t kind;
  uint32_t page_size;
  uint32_t pid;
  uint64_t interval;  // mean bytes between samples; 1: every allocation
  uint64_t pid_start_ticks;
  uint64_t pid_namespace;
  uint64_t start_realtime;
  uint64_t start_monotonic;
  uint8_t boot_id[16];
  uint32_t uid;
  uint32_t unwind;
  uint32_t flags;
  uint32_t state;
  uint32_t signal;
  uint32_t epoch;  // unloads of recorded modules so far
  uint32_t dumps;
  uint32_t exe_size;
  char comm[16];
  uint32_t reason;
  uint32_t sequence;
  uint64_t dump_realtime;
  uint64_t dump_monotonic;
  uint64_t rss;
  uint64_t memory_limit;
  uint64_t memory_current;
  uint64_t rss_shared;
  uint64_t threads;
  uint64_t end_padding[7];
  struct silt_count lost[SILT_LOST_COUNT_3];
  struct silt_region regions[SILT_REGION_COUNT_3];
  char exe[SILT_EXE_MAX];
};

struct silt_module_3 {
  uint64_t start;  // the addresses the object covers: [start, end)
  uint64_t end;
  uint64_t bias;        // load address - link address
  uint64_t text_start;  // its first executable segment, as loaded: [text_start, text_end)
  uint64_t text_end;
  uint64_t text_offset;  // of that segment in the file
  uint32_t path;         // strings region
  uint32_t path_size;
  uint32_t first_epoch;  // loaded in epochs [first_epoch, last_epoch]
  uint32_t last_epoch;   // UINT32_MAX while it is loaded
  uint32_t build_id_size;
  uint32_t published;  // 1 when the element is whole
  uint8_t build_id[SILT_BUILD_ID_MAX];
};

// The stacks region holds 8-byte words; a stack is this, then its pcs. Its id is its offset in
// words; 0 is no stack.
struct silt_stack_3 {
  uint32_t next;  // meaningless to readers
  uint32_t hash;  // silt_stack_hash_3 of what follows
  uint16_t depth;
  uint8_t end;  // enum silt_stack_end, or'ed with SILT_END_GUESSED
  uint8_t reserved;
  uint32_t epoch;
  // uint64_t pcs[depth], leaf first
};

struct silt_site_3 {
  uint32_t stack;  // published last; 0: not visible
  uint32_t size_class;
  uint32_t next;        // meaningless to readers
  uint32_t stack_hash;  // of its stack
  uint64_t alloc_objects;
  uint64_t alloc_bytes;
  uint64_t free_objects;
  uint64_t free_bytes;
  uint64_t padding[2];
};

_Static_assert(offsetof(struct silt_header_3, boot_id) == 72, "silt_header_3.boot_id");
_Static_assert(offsetof(struct silt_header_3, comm) == 120, "silt_header_3.comm");
_Static_assert(offsetof(struct silt_header_3, lost) == 256, "silt_header_3.lost");
_Static_assert(offsetof(struct silt_header_3, regions) == 512, "silt_header_3.regions");
_Static_assert(offsetof(struct silt_header_3, exe) == 1024, "silt_header_3.exe");
_Static_assert(sizeof(struct silt_module_3) == 104, "silt_module_3");
_Static_assert(sizeof(struct silt_stack_3) == 16, "silt_stack_3");
_Static_assert(sizeof(struct silt_site_3) == 64, "silt_site_3");

static inline uint32_t silt_stack_hash_3(const uint64_t *pcs, uint32_t depth, uint32_t end,
                                         uint32_t epoch) {
  uint64_t h = ((uint64_t)epoch << 32) | (end << 16) | depth;
  for (uint32_t i = 0; i < depth; i++) h = (h ^ pcs[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ (h >> 29);
  return (uint32_t)(silt_mix(h) >> 32);
}

#endif
