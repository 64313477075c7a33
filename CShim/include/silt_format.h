// SPDX-License-Identifier: Apache-2.0
//
// THE file format: the session file that libsilt.so keeps mapped while a process runs, and the
// dumps it and `silt dump` write. One layout, one version; C writes it, Swift imports these very
// structs. Nothing here may depend on anything but fixed-width integers.
//
// Glossary
//   session   one profiled process (from its first sample, or from its fork, to its end)
//   frame pc  an address to look up: inside the call instruction (return address - 1), or exact in
//             the frame that a signal interrupted. Readers never adjust it.
//   stack     the frame pcs of one call stack, leaf first, interned
//   site      (stack, size class): counters of what was sampled there
//   live      a sampled allocation that has not been freed
//   ring      the most recent sampled events, oldest overwritten
//   thread    one that pthread_create or thrd_create made and that has not ended: always recorded,
//             never sampled
//   epoch     how many times a module that stands in a stack has been unloaded: a pc is looked up
//             among the modules that were loaded in its stack's epoch
//
// Layout: a header of SILT_HEADER_SIZE bytes, then the regions, each where its descriptor says. A
// live session's file is sparse and its regions have gaps of unused capacity; a dump has the same
// regions packed (capacity == used). All integers are in the byte order of the machine.
//
// Consistency: an element becomes visible by one release store, after its payload: its key,
// sequence or `published` field. Readers skip what is not visible, and drop (and count) elements
// whose check does not match. Read referrers before what they refer to: ring, live, threads, sites,
// stacks, modules, strings.
//
// Sizes are requested sizes in bytes; times are nanoseconds of CLOCK_MONOTONIC.
#ifndef SILT_FORMAT_H
#define SILT_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define SILT_VERSION 3u
#define SILT_HEADER_SIZE 4096u
#define SILT_BYTE_ORDER 0x01020304u
// "SILTHEAP" as the little-endian machine stores it; written last, so that no half header is seen.
#define SILT_MAGIC UINT64_C(0x50414548544c4953)

#define SILT_MAX_DEPTH 128u
#define SILT_BUILD_ID_MAX 32u
#define SILT_EXE_MAX 1024u

// What a file is.
enum silt_kind { SILT_KIND_LIVE = 1, SILT_KIND_DUMP = 2 };

// How the process stood when the file was last written.
enum silt_state {
  SILT_STATE_RUNNING = 1,
  SILT_STATE_EXITED = 2,
  SILT_STATE_EXECED = 3,  // the process goes on as another program
};

// Why a dump was made.
enum silt_reason {
  SILT_REASON_NONE = 0,
  SILT_REASON_SIGNAL = 1,
  SILT_REASON_EXIT = 2,
  SILT_REASON_INTERVAL = 3,
  SILT_REASON_GROWTH = 4,
  SILT_REASON_READER = 5,  // `silt dump`: made by a reader of the running session
};

enum silt_unwind_mode {
  SILT_UNWIND_CFI = 1,        // cached call-frame information, our own
  SILT_UNWIND_FP = 2,         // frame pointers
  SILT_UNWIND_LIBUNWIND = 3,  // libunwind.so.8
};

// silt_header.flags
#define SILT_FLAG_SIGNAL_TAKEN 1u    // the application replaced our handler of `signal`
#define SILT_FLAG_SIGNAL_FOREIGN 2u  // the signal had a handler before us: we never took it
#define SILT_FLAG_ANONYMOUS 4u       // no file could be made: the session lived in memory only
#define SILT_FLAG_FORKED 8u          // the profile starts at a fork, not at the program's start

// Why a sample, or a part of one, was lost. Each is counted with the bytes it stands for.
enum silt_lost {
  SILT_LOST_STACKS_FULL = 0,   // no room for a new stack: the sample is dropped
  SILT_LOST_SITES_FULL = 1,    // no room for a new site: the sample is dropped
  SILT_LOST_LIVE_FULL = 2,     // no room among the live: in-use misses it, allocated has it
  SILT_LOST_MODULES_FULL = 3,  // a module is not recorded: its frames stay bare addresses
  SILT_LOST_NESTED = 4,        // sampled inside the shim (a signal handler, or libunwind itself)
  SILT_LOST_NO_SESSION = 5,    // no memory for a session at all
  SILT_LOST_DEPTH = 6,         // stack cut at SILT_MAX_DEPTH frames
  SILT_LOST_UNWIND = 7,        // stack cut where no unwind rule applied
  SILT_LOST_BOUNDS = 8,        // stack cut where memory could not be trusted
  SILT_LOST_DUMP = 9,          // a dump that could not be written, or fell into another
  SILT_LOST_TABLE_RACE = 10,   // a live entry could not be put back after a failed realloc
  SILT_LOST_THREADS = 11,      // no room, or no way, to record a thread: it counts as unknown
  SILT_LOST_COUNT = 16,
};

// silt_stack.end: why the walk ended.
enum silt_stack_end {
  SILT_END_COMPLETE = 0,  // the outermost frame was reached
  SILT_END_DEPTH = 1,
  SILT_END_UNWIND = 2,
  SILT_END_BOUNDS = 3,
};
// Set beside silt_stack.end when a frame without unwind information (JIT code, hand-written
// assembly) was passed by following its frame pointer: the frames above it are likely, not proven.
#define SILT_END_GUESSED 0x80u

struct silt_count {
  uint64_t count;
  uint64_t bytes;
};

enum silt_region_kind {
  SILT_REGION_STRINGS = 0,  // bytes
  SILT_REGION_MODULES = 1,  // struct silt_module
  SILT_REGION_STACKS = 2,   // 8-byte words; a stack is a struct silt_stack, then its pcs
  SILT_REGION_SITES = 3,    // struct silt_site
  SILT_REGION_LIVE = 4,     // struct silt_live
  SILT_REGION_RING = 5,     // struct silt_event
  SILT_REGION_THREADS = 6,  // struct silt_thread_record
  SILT_REGION_COUNT = 8,
};

// Where a region is. One cache line, since `used` is written by every thread.
struct silt_region {
  uint64_t offset;        // from the start of the file
  uint64_t capacity;      // elements
  uint32_t element_size;  // bytes
  uint32_t reserved;
  uint64_t
      used;  // elements ever claimed; may exceed capacity (ring: events so far; others: refused)
  uint64_t backed;  // bytes at the start of the region whose blocks are reserved (live file)
  uint64_t padding[3];
};

struct silt_header {
  uint64_t magic;
  uint32_t version;
  uint32_t header_size;
  uint32_t byte_order;
  uint16_t machine;  // ELF e_machine
  uint16_t kind;     // enum silt_kind
  uint32_t page_size;
  uint32_t pid;
  uint64_t interval;         // mean bytes between samples; 1: every allocation
  uint64_t pid_start_ticks;  // /proc/PID/stat field 22
  uint64_t pid_namespace;    // inode of /proc/PID/ns/pid
  uint64_t start_realtime;   // ns since 1970, when the session began
  uint64_t start_monotonic;  // the same moment on the other clock
  uint8_t boot_id[16];
  uint32_t uid;
  uint32_t unwind;  // enum silt_unwind_mode
  uint32_t flags;   // SILT_FLAG_*
  uint32_t state;   // enum silt_state
  uint32_t signal;  // the dump signal, 0: none
  uint32_t epoch;   // unloads of recorded modules so far
  uint32_t dumps;   // dumps made so far
  uint32_t exe_size;
  char comm[16];  // the program's name as the kernel shows it, NUL padded
  // Of the dump; 0 in a live file.
  uint32_t reason;  // enum silt_reason
  uint32_t sequence;
  uint64_t dump_realtime;
  uint64_t dump_monotonic;
  uint64_t rss;             // resident bytes of the process; 0: not known
  uint64_t memory_limit;    // of its control group, bytes; 0: none or not known
  uint64_t memory_current;  // charged to that group
  uint64_t rss_shared;      // of rss: pages of files and of shared memory
  uint64_t threads;         // of the process, as the kernel counts; 0: not known
  uint64_t end_padding[7];
  struct silt_count lost[SILT_LOST_COUNT];
  struct silt_region regions[SILT_REGION_COUNT];
  char exe[SILT_EXE_MAX];  // path of the executable
};

// A loaded object, recorded when one of its functions first stands in a stack.
struct silt_module {
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

// A stack id is its offset in the stacks region in words; 0 is no stack.
struct silt_stack {
  uint32_t next;  // the shim's hash chain; meaningless to readers
  uint32_t hash;  // silt_stack_hash of what follows
  uint16_t depth;
  uint8_t end;  // enum silt_stack_end, or'ed with SILT_END_GUESSED
  uint8_t reserved;
  uint32_t epoch;
  // uint64_t pcs[depth], leaf first
};

// A site id is its index in the sites region; index 0 is never used.
// One cache line: two sites may be counted by two threads at once.
struct silt_site {
  uint32_t stack;          // published last; 0: not visible
  uint32_t size_class;     // silt_size_class of its allocations
  uint32_t next;           // the shim's hash chain; meaningless to readers
  uint32_t stack_hash;     // of its stack
  uint64_t alloc_objects;  // sampled, not estimated
  uint64_t alloc_bytes;
  uint64_t free_objects;
  uint64_t free_bytes;
  uint64_t padding[2];
};

// The live table is levels of SILT_LIVE_LEVEL0 << k slots, one behind the other.
#define SILT_LIVE_LEVEL0 1024u
// Values of silt_live.address that are no address.
#define SILT_LIVE_EMPTY 0u
#define SILT_LIVE_BUSY 1u

struct silt_live {
  uint64_t address;  // published last
  uint64_t size48_check16;
  uint64_t time;
  uint32_t site;
  uint32_t thread;  // kernel thread id
};

enum silt_operation { SILT_OP_ALLOC = 1, SILT_OP_FREE = 2 };

// One cache line: neighbours are written by different threads at once.
struct silt_event {
  uint64_t sequence;  // position in the ring + 1, published last; 0: being written
  uint64_t time;
  uint64_t address;
  uint64_t size;
  uint64_t born;  // of a free: when it was allocated
  uint32_t site;
  uint32_t thread;
  uint32_t operation;  // enum silt_operation
  uint32_t check;
  uint64_t padding;
};

// silt_thread_record.state. A slot is used again once its thread has ended.
enum silt_thread_state {
  SILT_THREAD_FREE = 0,
  SILT_THREAD_MAKING = 1,   // not visible: its creation has not succeeded yet
  SILT_THREAD_CREATED = 2,  // it has not run so far: neither `thread` nor `handle` is known
  SILT_THREAD_RUNNING = 3,
};

struct silt_thread_record {
  uint64_t routine;     // the function it was started with
  uint64_t time;        // of its creation
  uint64_t stack_size;  // bytes of address space reserved for its stack
  uint64_t handle;      // pthread_self(): with glibc an address at the top of its stack
  uint32_t stack;       // that created it
  uint32_t creator;     // kernel thread id of its creator
  uint32_t thread;      // its own
  uint16_t check;       // of what stood fast at its creation: silt_thread_check
  uint16_t state;       // enum silt_thread_state, published last
  char name[16];        // as the kernel shows it, NUL padded; of a dump, and empty if not known
};

#define SILT_SIZE_MASK UINT64_C(0xffffffffffff)

_Static_assert(sizeof(struct silt_count) == 16, "silt_count");
_Static_assert(sizeof(struct silt_region) == 64, "silt_region");
_Static_assert(offsetof(struct silt_region, used) == 24, "silt_region.used");
_Static_assert(offsetof(struct silt_header, boot_id) == 72, "silt_header.boot_id");
_Static_assert(offsetof(struct silt_header, comm) == 120, "silt_header.comm");
_Static_assert(offsetof(struct silt_header, lost) == 256, "silt_header.lost");
_Static_assert(offsetof(struct silt_header, regions) == 512, "silt_header.regions");
_Static_assert(offsetof(struct silt_header, exe) == 1024, "silt_header.exe");
_Static_assert(sizeof(struct silt_header) <= SILT_HEADER_SIZE, "silt_header");
_Static_assert(sizeof(struct silt_module) == 104, "silt_module");
_Static_assert(sizeof(struct silt_stack) == 16, "silt_stack");
_Static_assert(sizeof(struct silt_site) == 64, "silt_site");
_Static_assert(sizeof(struct silt_live) == 32, "silt_live");
_Static_assert(sizeof(struct silt_event) == 64, "silt_event");
_Static_assert(sizeof(struct silt_thread_record) == 64, "silt_thread_record");
_Static_assert(offsetof(struct silt_thread_record, state) == 46, "silt_thread_record.state");

// Mixes 64 bits into 64 well-spread ones: the finalizer of splitmix64 (Steele, Lea, Flood 2014).
static inline uint64_t silt_mix(uint64_t x) {
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

static inline uint32_t silt_stack_hash(const uint64_t *pcs, uint32_t depth, uint32_t end,
                                       uint32_t epoch) {
  uint64_t h = ((uint64_t)epoch << 32) | (end << 16) | depth;
  for (uint32_t i = 0; i < depth; i++) h = (h ^ pcs[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ (h >> 29);
  return (uint32_t)(silt_mix(h) >> 32);
}

// Eight classes to each power of two; sizes below 16 have a class each. At most 8 * 61 + 8.
static inline uint32_t silt_size_class(uint64_t size) {
  if (size < 16) return (uint32_t)size;
  uint32_t log2 = 63u - (uint32_t)__builtin_clzll(size);
  return 8u * (log2 - 2u) + ((uint32_t)(size >> (log2 - 3u)) & 7u);
}

static inline uint16_t silt_live_check(uint64_t address, uint64_t size, uint64_t time,
                                       uint32_t site, uint32_t thread) {
  uint64_t h = address ^ (size << 17) ^ silt_mix(time);
  return (uint16_t)(silt_mix(h ^ ((uint64_t)site << 32 | thread)) >> 48);
}

static inline uint32_t silt_event_check(const struct silt_event *e) {
  uint64_t h = silt_mix(e->sequence) ^ silt_mix(e->time + e->born * 3);
  h ^= silt_mix(e->address ^ (e->size << 17)) ^ ((uint64_t)e->site << 32 | e->thread);
  return (uint32_t)(silt_mix(h ^ e->operation) >> 32);
}

static inline uint16_t silt_thread_check(const struct silt_thread_record *t) {
  uint64_t h = silt_mix(t->routine ^ silt_mix(t->time)) ^ t->stack_size;
  return (uint16_t)(silt_mix(h ^ ((uint64_t)t->stack << 32 | t->creator)) >> 48);
}

#endif
