// SPDX-License-Identifier: Apache-2.0
//
// THE file format: the session file that libsilt.so keeps mapped while a process runs, and the
// dumps it and `silt dump` write. One layout, one version; C writes it, Swift imports these very
// structs. Nothing here may depend on anything but fixed-width integers. What version 3 had
// otherwise stands in silt_format_3.h.
//
// Glossary
//   session   one profiled process (from its first sample, or from its fork, to its end)
//   frame pc  an address to look up: inside the call instruction (return address - 1), or exact in
//             the frame that a signal interrupted. Readers never adjust it.
//   module    a loaded object, told by what it is, not by where it lies: one that is unloaded and
//             loaded again, at whatever address, is the same module
//   frame     a frame pc as (module, link address), or without a module as an address; stored once
//   stack     the frames of one call stack: a path in a tree of words that starts at a root word
//   tier      how much of a stack was kept: less when the regions are nearly full
//   site      (stack, size class, interval, label): counters of what was sampled there
//   live      a sampled allocation that has not been freed
//   ring      the most recent sampled events, oldest overwritten
//   mapping   memory that the program has from the kernel by mmap or mremap: always recorded, exact
//   thread    one that pthread_create or thrd_create made and that has not ended: always recorded,
//             never sampled
//   interval  mean bytes between samples. It may change while the process runs: each sample keeps,
//             through its site, the one that it was taken with
//   missed    a free that did not pass through the shim: noticed when the same address is handed
//   free      out and sampled again
//
// Layout: a header of SILT_HEADER_SIZE bytes, then the regions, each where its descriptor says. A
// live session's file is sparse and its regions have gaps of unused capacity; a dump has the same
// regions packed (capacity == used), and checksums. All integers are in the byte order of the
// machine. A region of a kind that a reader does not know is passed over.
//
// Consistency: an element becomes visible by one release store, after its payload: its key,
// sequence or `published` field. Readers skip what is not visible, and drop (and count) elements
// whose check does not match. Read referrers before what they refer to: ring, live, mappings,
// threads, sites, stacks, frames, modules, strings.
//
// Stacks: the region holds 4-byte words. A *run* is
//     [SILT_WORD_LINK | parent] [SILT_WORD_LINK | next] [frame] [frame] ... [frame]
// outermost frame first. The first frame's caller is the frame whose word is `parent`, or a root
// word; each other frame's caller is the word before it. A stack's id is the index of its leaf's
// word, so every word of a run may end a stack and may be a parent. `next` is the shim's hash
// chain. To read a stack, start at its id and go down: a word without SILT_WORD_LINK is a frame; at
// one with it, the word before names the parent to go on at; below SILT_STACK_ROOTS it is the root.
// A parent is always lower than its run, so that any walk ends; a reader must refuse another one.
// Nothing that is reachable from a published site ever changes.
//
// A root is no frame. Its index says what is known of the stack: silt_stack_root. A stack of no
// frames is its root's index.
//
// Sizes are requested sizes in bytes; times are nanoseconds of CLOCK_MONOTONIC.
#ifndef SILT_FORMAT_H
#define SILT_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define SILT_VERSION 4u
#define SILT_HEADER_SIZE 4096u
#define SILT_BYTE_ORDER 0x01020304u
// "SILTHEAP" as the little-endian machine stores it; written last, so that no half header is seen.
#define SILT_MAGIC UINT64_C(0x50414548544c4953)

#define SILT_MAX_DEPTH 128u
#define SILT_BUILD_ID_MAX 32u
#define SILT_EXE_MAX 1024u
#define SILT_INTERVALS 16u

// What a file is.
enum silt_kind { SILT_KIND_LIVE = 1, SILT_KIND_DUMP = 2 };

// How the process stood when the file was last written.
enum silt_state {
  SILT_STATE_RUNNING = 1,
  SILT_STATE_EXITED = 2,
  SILT_STATE_EXECED = 3,     // the process goes on as another program
  SILT_STATE_SANDBOXED = 4,  // it runs in a sandbox (seccomp): its end may be seen by nobody
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
  SILT_LOST_STACKS_FULL = 0,      // of version 3: the sample was dropped. See silt_tier instead
  SILT_LOST_SITES_FULL = 1,       // of version 3: the same
  SILT_LOST_LIVE_FULL = 2,        // no room among the live: in-use misses it, allocated has it
  SILT_LOST_MODULES_FULL = 3,     // a module is not recorded: its frames stay bare addresses
  SILT_LOST_NESTED = 4,           // sampled inside the shim (a signal handler, or libunwind itself)
  SILT_LOST_NO_SESSION = 5,       // no memory for a session at all
  SILT_LOST_DEPTH = 6,            // stack cut at SILT_MAX_DEPTH frames
  SILT_LOST_UNWIND = 7,           // stack cut where no unwind rule applied
  SILT_LOST_BOUNDS = 8,           // stack cut where memory could not be trusted
  SILT_LOST_DUMP = 9,             // a dump that could not be written, or fell into another
  SILT_LOST_TABLE_RACE = 10,      // a live entry could not be put back after a failed realloc
  SILT_LOST_THREADS = 11,         // no room, or no way, to record a thread: it counts as unknown
  SILT_LOST_FRAMES_FULL = 12,     // no room for a frame: SILT_FRAME_OMITTED stands in its place
  SILT_LOST_MAPPINGS = 13,        // no room for a mapping, a piece of one, or a change
  SILT_LOST_MAPPING_STACKS = 14,  // mapped inside the shim: recorded, but without its stack
  SILT_LOST_COUNT = 24,
};

// Why a walk ended.
enum silt_stack_end {
  SILT_END_COMPLETE = 0,  // the outermost frame was reached
  SILT_END_DEPTH = 1,     // cut: the outermost frames are missing
  SILT_END_UNWIND = 2,
  SILT_END_BOUNDS = 3,
};
// Set beside the end when a frame without unwind information (JIT code, hand-written assembly) was
// passed by following its frame pointer: the frames above it are likely, not proven.
#define SILT_END_GUESSED 0x80u

// How much of a stack was kept. A stack that is short enough for its tier is kept as WHOLE.
enum silt_tier {
  SILT_TIER_WHOLE = 0,
  // Recursion left out: above the innermost frames, a function that was on the path already cut the
  // path back to itself. Every caller shown did call what stands below it. Also what becomes of
  // stacks that were cut at SILT_MAX_DEPTH.
  SILT_TIER_FOLDED = 1,
  SILT_TIER_INNERMOST = 2,  // the innermost SILT_INNERMOST frames
  SILT_TIER_LEAF = 3,       // the innermost frame
  SILT_TIER_NONE = 4,       // no frame: the site collects what no other one could be made for
  SILT_TIER_COUNT = 8,
};
#define SILT_INNERMOST 4u

struct silt_count {
  uint64_t count;
  uint64_t bytes;
};

// An interval that samples were taken with. An entry never changes once a site refers to it.
struct silt_interval {
  uint64_t bytes;     // 1: every allocation
  uint64_t since;     // when it came into force
  uint32_t overflow;  // the first of the SILT_OVERFLOW_SITES sites that wait for it, by class / 8
  uint32_t reserved;
};
#define SILT_OVERFLOW_SITES 62u

enum silt_region_kind {
  SILT_REGION_STRINGS = 0,   // bytes
  SILT_REGION_MODULES = 1,   // struct silt_module
  SILT_REGION_STACKS = 2,    // 4-byte words
  SILT_REGION_SITES = 3,     // struct silt_site
  SILT_REGION_LIVE = 4,      // struct silt_live
  SILT_REGION_RING = 5,      // struct silt_event
  SILT_REGION_THREADS = 6,   // struct silt_thread_record
  SILT_REGION_FRAMES = 7,    // 8-byte words, see SILT_FRAME_*
  SILT_REGION_LABELS = 8,    // struct silt_label; not written yet
  SILT_REGION_MAPPINGS = 9,  // struct silt_mapping; absent in older files of this version
  // Of a dump made by a reader, all optional. Those of types and names are not written yet.
  SILT_REGION_PAGES = 10,      // struct silt_pages, one for each element of LIVE
  SILT_REGION_TYPE_IDS = 11,   // uint32_t, one for each element of LIVE: index in TYPES; 0: unknown
  SILT_REGION_TYPES = 12,      // struct silt_type; index 0 is never used
  SILT_REGION_GENERATED = 13,  // struct silt_generated: names of generated code (perf maps)
  SILT_REGION_ALLOCATOR = 14,  // struct silt_figure, at most one of each kind
  SILT_REGION_COUNT = 24,
};

// Where a region is; absent if element_size is 0. One cache line, since `used` is written by every
// thread.
struct silt_region {
  uint64_t offset;        // from the start of the file
  uint64_t capacity;      // elements
  uint32_t element_size;  // bytes
  uint32_t reserved;
  // Elements claimed. Ring: events so far, which may exceed the capacity; live and frames: slots in
  // use as levels. Of a version 3 file it may exceed the capacity everywhere.
  uint64_t used;
  uint64_t backed;    // bytes at the start of the region whose blocks are reserved (live file)
  uint64_t checksum;  // of a dump: silt_checksum of its capacity * element_size bytes
  uint64_t padding[2];
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
  uint64_t checksum;         // of a dump: silt_checksum of the header with 0 in this field
  uint64_t pid_start_ticks;  // /proc/PID/stat field 22
  uint64_t pid_namespace;    // inode of /proc/PID/ns/pid
  uint64_t start_realtime;   // ns since 1970, when the session began
  uint64_t start_monotonic;  // the same moment on the other clock
  uint8_t boot_id[16];
  uint32_t uid;
  uint32_t unwind;    // enum silt_unwind_mode
  uint32_t flags;     // SILT_FLAG_*
  uint32_t state;     // enum silt_state
  uint32_t signal;    // the dump signal, 0: none
  uint32_t interval;  // index of the last in `intervals`: those up to it have been in force
  uint32_t dumps;     // dumps made so far
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
  uint64_t reserved[7];
  struct silt_count lost[SILT_LOST_COUNT];
  // Samples by the tier that their stack was kept in. WHOLE is not counted: it is the rest.
  struct silt_count tiers[SILT_TIER_COUNT];
  struct silt_count missed_frees;  // they are counted as frees, too
  struct silt_interval intervals[SILT_INTERVALS];
  // The name that it was started by, if that is a link's, NUL padded; longer ones are not kept.
  char started_as[64];
  // 0 in older files, where the last of `intervals` is the only one.
  uint32_t interval_now;      // index in `intervals` of the one in force
  uint32_t interval_changes;  // how often another one came into force
  uint32_t max_overhead;      // the ceiling that the shim keeps to, in millionths; 0: none
  uint32_t reserved_overhead;
  // What its slow paths took, and the process altogether, since it began to keep to that: ns.
  uint64_t overhead_time;
  uint64_t overhead_cpu;
  uint64_t room[34];
  struct silt_region regions[SILT_REGION_COUNT];
  char exe[SILT_EXE_MAX];  // path of the executable
};

// Recorded when one of its functions first stands in a stack. All but `bias` and `loaded` is said
// in link addresses and never changes. A module id is its index + 1; at most SILT_MODULES_MAX.
struct silt_module {
  uint64_t identity;  // hash of build id and program headers; without build id of path and more
  uint64_t bias;      // load address - link address: where it lies, or lay last
  uint64_t start;     // the link addresses the object covers: [start, end)
  uint64_t end;
  uint64_t text_start;  // its first executable segment: [text_start, text_end)
  uint64_t text_end;
  uint64_t text_offset;  // of that segment in the file
  uint32_t path;         // strings region: where it was first loaded from
  uint32_t path_size;
  uint32_t loaded;  // 1; 0: it was unloaded and no stack has had it since
  uint32_t build_id_size;
  uint32_t published;  // 1 when the element is whole
  uint32_t reserved;
  uint8_t build_id[SILT_BUILD_ID_MAX];
};

// A frame: module << SILT_FRAME_SHIFT | address, published by one store; 0 is empty. The address is
// a link address of its module; without one (SILT_FRAME_BARE) it is the address itself. A frame id
// is its index; the region is levels of SILT_FRAMES_LEVEL0 << k slots, one behind the other.
#define SILT_FRAME_SHIFT 48
#define SILT_FRAME_MASK ((UINT64_C(1) << SILT_FRAME_SHIFT) - 1)
#define SILT_FRAMES_LEVEL0 1024u
#define SILT_MODULES_MAX 0xff00u
// In the place of the module:
#define SILT_FRAME_BARE 0u          // generated code, or a module that could not be recorded
#define SILT_FRAME_PAGE 0xfffeu     // the same, but only the address of its page was kept
#define SILT_FRAME_SPECIAL 0xffffu  // no address: one of the three frames that always exist
// The ids of those three, whose address is their id.
#define SILT_FRAME_UNUSED 0u     // never in a stack
#define SILT_FRAME_GENERATED 1u  // one of the first two kinds, of whose address nothing was kept
#define SILT_FRAME_OMITTED 2u    // any frame, when the region was full
#define SILT_FRAME_FIRST 3u

// A word of the stacks region that is no frame.
#define SILT_WORD_LINK 0x80000000u
// Words below are roots, and are not used otherwise.
#define SILT_STACK_ROOTS 128u

// A site id is its index in the sites region; index 0 is never used.
// One cache line: two sites may be counted by two threads at once.
struct silt_site {
  uint32_t stack;          // published last; 0: not visible
  uint16_t size_class;     // silt_size_class of its allocations; the first of eight if coarse
  uint8_t interval;        // index in silt_header.intervals
  uint8_t flags;           // SILT_SITE_*
  uint32_t next;           // the shim's hash chain; meaningless to readers
  uint32_t stack_hash;     // silt_stack_hash of its stack
  uint64_t alloc_objects;  // sampled, not estimated
  uint64_t alloc_bytes;
  uint64_t free_objects;
  uint64_t free_bytes;
  uint32_t label;  // index in the labels region; 0: none
  uint32_t async;  // a stack of resume pcs that goes on where `stack` ends; 0: none
  uint64_t padding;
};

// Its allocations are of any size class from size_class to size_class + 7: a power of two.
#define SILT_SITE_COARSE 1u

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

// A request label, such as a route. Index 0 is never used.
struct silt_label {
  uint32_t text;       // strings region
  uint32_t text_size;  // published last; 0: not visible
};

// A mapping that the program made by a call of mmap or mremap, of SILT_MAPPING_LEAST bytes or more,
// or a piece of it, and that lives: always recorded, never sampled. What the C library maps for
// itself is not among them.
struct silt_mapping {
  uint64_t address;  // published last; SILT_LIVE_EMPTY and SILT_LIVE_BUSY are no addresses
  uint64_t size;     // whole pages
  uint64_t time;
  uint32_t stack;
  uint32_t thread;      // kernel thread id
  uint32_t protection;  // PROT_*, as it was mapped, or as mprotect gave it access or took it away
  uint32_t flags;       // MAP_*; 0: not known, it came by mremap of what was not recorded
  uint32_t check;       // silt_mapping_check
  uint32_t reserved;
};
#define SILT_MAPPING_LEAST (UINT64_C(64) << 10)

// Bytes of a live block. Added up over the samples as its size is.
struct silt_pages {
  uint64_t resident;  // SILT_PAGES_UNKNOWN: nobody has looked at this block, the rest is 0
  uint64_t swapped;
  uint64_t shared;  // of resident: with another process
  // Free bytes that it keeps from being given back: its part of them. SILT_PAGES_UNKNOWN: the walk
  // of the heap has not met it.
  uint64_t pinned;
};
#define SILT_PAGES_UNKNOWN UINT64_MAX

struct silt_type {
  uint64_t address;  // of its metadata or vtable, as it was in the process; 0: none
  uint32_t name;     // strings region
  uint32_t name_size;
};

struct silt_generated {
  uint64_t start;  // addresses [start, end)
  uint64_t end;
  uint32_t name;  // strings region
  uint32_t name_size;
};

// What the process's allocator holds, and where resident memory is. A reader passes over kinds that
// it does not know.
enum silt_figure_kind {
  SILT_FIGURE_HELD = 1,        // bytes that it has from the kernel
  SILT_FIGURE_IN_USE = 2,      // of these: allocated
  SILT_FIGURE_FREE = 3,        // the rest
  SILT_FIGURE_RETURNABLE = 4,  // of the free: malloc_trim or the like would give them back
  SILT_FIGURE_PINNED = 5,      // of the free: on pages that a block in use holds
  // RESIDENT is the sum of IN_USE, RETURNABLE, PINNED and these parts. RETURNABLE and PINNED are
  // there if the heap was walked: then IN_USE is what the walk found, and else what samples say.
  SILT_FIGURE_RESIDENT = 6,
  SILT_FIGURE_OVERHEAD = 7,  // of the allocator: its data, and free memory that it keeps
  SILT_FIGURE_STACKS = 8,    // of threads
  SILT_FIGURE_FILES = 9,
  SILT_FIGURE_SHARED = 10,
  SILT_FIGURE_PROFILER = 11,
  SILT_FIGURE_UNKNOWN = 12,
  SILT_FIGURE_MAPPED = 13,  // anonymous memory that the program mapped itself
  // In no sum.
  SILT_FIGURE_UNTOUCHED = 20,     // bytes in use that are neither in memory nor in swap
  SILT_FIGURE_SWAPPED = 21,       // of the process
  SILT_FIGURE_PAGE_TABLES = 22,   // of the process
  SILT_FIGURE_PROPORTIONAL = 23,  // RESIDENT, if each shared page is divided among its processes
  SILT_FIGURE_ARENAS = 24,        // how many heaps the allocator has side by side
  SILT_FIGURE_CACHED = 25,        // of OVERHEAD: in the caches of threads
  SILT_FIGURE_KEPT = 26,          // of OVERHEAD: not in these
  SILT_FIGURE_UNTRUSTED = 27,     // of IN_USE: what could not be made out
  SILT_FIGURE_LARGE_BLOCKS = 28,  // sampled blocks of 128 KiB and more that came from a heap
};
struct silt_figure {
  uint32_t kind;
  uint32_t reserved;
  uint64_t value;
};

#define SILT_SIZE_MASK UINT64_C(0xffffffffffff)

_Static_assert(sizeof(struct silt_count) == 16, "silt_count");
_Static_assert(sizeof(struct silt_interval) == 24, "silt_interval");
_Static_assert(sizeof(struct silt_region) == 64, "silt_region");
_Static_assert(offsetof(struct silt_region, used) == 24, "silt_region.used");
_Static_assert(offsetof(struct silt_header, boot_id) == 72, "silt_header.boot_id");
_Static_assert(offsetof(struct silt_header, comm) == 120, "silt_header.comm");
_Static_assert(offsetof(struct silt_header, lost) == 256, "silt_header.lost");
_Static_assert(offsetof(struct silt_header, tiers) == 640, "silt_header.tiers");
_Static_assert(offsetof(struct silt_header, intervals) == 784, "silt_header.intervals");
_Static_assert(offsetof(struct silt_header, started_as) == 1168, "silt_header.started_as");
_Static_assert(offsetof(struct silt_header, interval_now) == 1232, "silt_header.interval_now");
_Static_assert(offsetof(struct silt_header, regions) == 1536, "silt_header.regions");
_Static_assert(offsetof(struct silt_header, exe) == 3072, "silt_header.exe");
_Static_assert(sizeof(struct silt_header) == SILT_HEADER_SIZE, "silt_header");
_Static_assert(sizeof(struct silt_module) == 112, "silt_module");
_Static_assert(sizeof(struct silt_site) == 64, "silt_site");
_Static_assert(sizeof(struct silt_live) == 32, "silt_live");
_Static_assert(sizeof(struct silt_event) == 64, "silt_event");
_Static_assert(sizeof(struct silt_thread_record) == 64, "silt_thread_record");
_Static_assert(offsetof(struct silt_thread_record, state) == 46, "silt_thread_record.state");
_Static_assert(sizeof(struct silt_label) == 8, "silt_label");
_Static_assert(sizeof(struct silt_mapping) == 48, "silt_mapping");
_Static_assert(sizeof(struct silt_pages) == 32, "silt_pages");
_Static_assert(sizeof(struct silt_type) == 16, "silt_type");
_Static_assert(sizeof(struct silt_generated) == 24, "silt_generated");
_Static_assert(sizeof(struct silt_figure) == 16, "silt_figure");

// Mixes 64 bits into 64 well-spread ones: the finalizer of splitmix64 (Steele, Lea, Flood 2014).
static inline uint64_t silt_mix(uint64_t x) {
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

// The root of a stack: its tier, and how the walk ended (enum silt_stack_end, or'ed with
// SILT_END_GUESSED).
static inline uint32_t silt_stack_root(uint32_t tier, uint32_t end) {
  return 64u | (tier & 7u) << 3 | (end & SILT_END_GUESSED ? 4u : 0u) | (end & 3u);
}

static inline uint32_t silt_root_tier(uint32_t root) {
  return root >> 3 & 7u;
}

static inline uint32_t silt_root_end(uint32_t root) {
  return (root & 3u) | (root & 4u ? SILT_END_GUESSED : 0u);
}

// Of frame ids, leaf first.
static inline uint32_t silt_stack_hash(const uint32_t *frames, uint32_t depth, uint32_t root) {
  uint64_t h = (uint64_t)root << 32 | depth;
  for (uint32_t i = 0; i < depth; i++)
    h = (h ^ frames[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ (h >> 29);
  return (uint32_t)(silt_mix(h) >> 32);
}

// A checksum of bytes in pieces: start with SILT_CHECKSUM_START; every piece but the last is a
// multiple of 8 bytes long. Not against forgery, but no single changed word goes unnoticed.
#define SILT_CHECKSUM_START UINT64_C(0x53494c5453554d34)

static inline uint64_t silt_checksum(uint64_t sum, const void *bytes, uint64_t size) {
  const uint8_t *at = (const uint8_t *)bytes;
  uint64_t word = 0;
  for (; size >= 8; size -= 8, at += 8) {
    __builtin_memcpy(&word, at, 8);
    sum = ((sum << 29 | sum >> 35) ^ word) * UINT64_C(0x9e3779b97f4a7c15);
  }
  if (size == 0) return sum;
  word = 0;
  for (uint64_t i = 0; i < size; i++) word |= (uint64_t)at[i] << 8 * i;
  return ((sum << 29 | sum >> 35) ^ word) * UINT64_C(0x9e3779b97f4a7c15);
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

static inline uint32_t silt_mapping_check(const struct silt_mapping *m) {
  uint64_t h = silt_mix(m->address ^ silt_mix(m->time)) ^ silt_mix(m->size);
  h ^= (uint64_t)m->protection << 32 | m->flags;
  return (uint32_t)(silt_mix(h ^ ((uint64_t)m->stack << 32 | m->thread)) >> 32);
}

static inline uint16_t silt_thread_check(const struct silt_thread_record *t) {
  uint64_t h = silt_mix(t->routine ^ silt_mix(t->time)) ^ t->stack_size;
  return (uint16_t)(silt_mix(h ^ ((uint64_t)t->stack << 32 | t->creator)) >> 48);
}

#endif
