// SPDX-License-Identifier: Apache-2.0
//
// Making the session's mapping and keeping its regions within their means.
#define _GNU_SOURCE
#include "session/session.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/os.h"
#include "base/text.h"
#include "session/threads.h"

enum { NONE, MAKING, READY, FAILED, CLOSED };
static uint32_t state;
static struct silt_header *current;
static uint64_t current_size;

// A page that the kernel zeroes in a forked child, and only there: a vfork or CLONE_VM child shares
// it, and is still the parent as far as memory goes.
enum { FORKED = 0, OWNED = 1, RENEWING = 2 };
static struct owner {
  uint32_t state;
  uint32_t pid;  // of the process, not of such a child
} * owner;
static uint32_t generation;

static char stem[512];  // <directory>/<program>.<pid>, or <program>.<pid>-<k> where that was taken
static char live_path[544];

// False when this is a child in which another thread is just clearing up.
static bool notice_fork(void) {
  uint32_t expected = FORKED;
  // A handler that leaves by longjmp would leave it half cleared for ever.
  uint64_t signals = silt_os_block_signals();
  if (!cas_acq_rel(&owner->state, &expected, RENEWING)) {
    silt_os_restore_signals(signals);
    return expected == OWNED;
  }
  struct silt_header *parents = current;
  store_relaxed(&current, NULL);
  store_relaxed(&state, NONE);
  add_relaxed(&generation, 1u);
  // A signal handler that forks may sit on top of a recording that still uses the mapping.
  if (parents && !silt_thread.recording) silt_os_unmap(parents, current_size);
  silt_thread.id = silt_os_thread();
  // A thread that has drawn nothing yet will seed itself: until then its countdown of 0 means
  // nothing.
  if (silt_thread.random)
    silt_thread.random = silt_mix(silt_thread.random ^ silt_os_monotonic() ^ silt_thread.id) | 1;
  owner->pid = silt_os_pid();
  store_release(&owner->state, (uint32_t)OWNED);  // pairs with the acquire in owned()
  silt_os_restore_signals(signals);
  return true;
}

static bool owned(void) {
  struct owner *page = load_acquire(&owner);
  return page && (SILT_LIKELY(load_acquire(&page->state) == OWNED) || notice_fork());
}

bool silt_session_own(void) {
  if (load_acquire(&owner)) return true;
  void *page;
  if (silt_os_map_private(4096, &page)) return false;
  *(struct owner *)page = (struct owner){OWNED, silt_os_pid()};
  struct owner *expected = NULL;
  if (silt_os_wipe_on_fork(page, 4096) || !cas_acq_rel(&owner, &expected, (struct owner *)page))
    silt_os_unmap(page, 4096);
  return load_acquire(&owner) != NULL;
}

// ---- what the header says of the process

static uint64_t pid_namespace(char *buffer, size_t size) {
  size_t got = 0;
  if (silt_os_readlink("/proc/self/ns/pid", buffer, size, &got)) return 0;
  const char *at = buffer;
  while (*at && *at != '[') at++;
  return *at ? (at++, silt_text_parse(&at)) : 0;
}

static void boot_id(uint8_t id[16], char *buffer, size_t size) {
  size_t got = 0, nibbles = 0;
  if (silt_os_slurp("/proc/sys/kernel/random/boot_id", buffer, size, &got)) return;
  for (const char *at = buffer; *at && nibbles < 32; at++) {
    int digit = *at >= '0' && *at <= '9'   ? *at - '0'
                : *at >= 'a' && *at <= 'f' ? *at - 'a' + 10
                                           : -1;
    if (digit < 0) continue;
    id[nibbles / 2] = (uint8_t)(id[nibbles / 2] << 4 | digit);
    nibbles++;
  }
}

// For where there is no /proc, such as a bare chroot.
static const char *name_as_started(void) {
  const char *path = (const char *)getauxval(AT_EXECFN);
  if (!path) return "unknown";
  const char *name = path;
  for (; *path; path++)
    if (*path == '/' && path[1]) name = path + 1;
  return name;
}

static void describe_process(struct silt_header *header) {
  static char buffer[2048];
  size_t got = 0;
  header->machine = sizeof(void *) == 8 ?
#if defined(__x86_64__)
                                        EM_X86_64
#else
                                        EM_AARCH64
#endif
                                        : EM_NONE;
  header->page_size = (uint32_t)getauxval(AT_PAGESZ);
  header->pid = silt_os_pid();
  header->uid = silt_os_uid();
  silt_os_stat(22, &header->pid_start_ticks);
  header->pid_namespace = pid_namespace(buffer, sizeof buffer);
  boot_id(header->boot_id, buffer, sizeof buffer);
  if (silt_os_readlink("/proc/self/exe", header->exe, SILT_EXE_MAX, &got) == 0)
    header->exe_size = (uint32_t)got;
  const char *name = silt_os_slurp("/proc/self/comm", buffer, sizeof buffer, &got) == 0 && got > 0
                         ? buffer
                         : name_as_started();
  for (size_t i = 0; i < sizeof header->comm - 1 && name[i] && name[i] != '\n'; i++)
    header->comm[i] = name[i];
  header->start_monotonic = silt_os_monotonic();
  header->start_realtime = silt_os_realtime();
}

// ---- the file

static int usable_directory(const char *path, bool must_be_ours) {
  struct silt_file_id id;
  int error = silt_os_mkdir(path, 0700);
  if (error && error != EEXIST) return error;
  error = silt_os_identify(path, &id);
  if (error) return error;
  if (!S_ISDIR(id.mode)) return ENOTDIR;
  return must_be_ours && (id.uid != silt_os_uid() || (id.mode & 077)) ? EPERM : 0;
}

static int open_in(const char *directory, const struct silt_header *header, int *fd) {
  struct silt_text text = silt_text_in(stem, sizeof stem);
  silt_text_add(&text, directory);
  silt_text_char(&text, '/');
  for (const char *c = header->comm; *c; c++)
    silt_text_char(&text, *c <= ' ' || *c == '/' || *c == 0x7f ? '_' : *c);
  silt_text_char(&text, '.');
  silt_text_number(&text, header->pid);
  // The plain name may be taken: by what this process was before an exec, or by a dead one of its
  // number.
  size_t plain = text.length;
  for (unsigned i = 1; i < 1000; i++) {
    if (i > 1) {
      text.length = plain;
      silt_text_char(&text, '-');
      silt_text_number(&text, i);
    }
    struct silt_text live = silt_text_in(live_path, sizeof live_path);
    silt_text_add(&live, stem);
    silt_text_add(&live, ".1.silt");
    struct silt_file_id dump;
    if (silt_os_identify(live_path, &dump) == 0) continue;
    live.length -= sizeof "1.silt" - 1;
    silt_text_add(&live, "live.silt");
    if (live.cut || text.cut) return ENAMETOOLONG;
    // Not to be written to by others: a file cut short would be a SIGBUS here.
    int error = silt_os_open(live_path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0400, fd);
    if (error != EEXIST) return error;
  }
  return EEXIST;
}

static int open_file(const struct silt_header *header, int *fd) {
  int error = EACCES;
  if (silt_config.directory && !(error = usable_directory(silt_config.directory, false)))
    error = open_in(silt_config.directory, header, fd);
  if (!error) return 0;
  // A worker that gave up root cannot write where its master could: it has its own place.
  char own[64];
  struct silt_text text = silt_text_in(own, sizeof own);
  silt_text_add(&text, "/tmp/silt-");
  silt_text_number(&text, header->uid);
  if (!(error = usable_directory(own, true))) error = open_in(own, header, fd);
  if (error) stem[0] = '\0';
  return error;
}

// ---- the layout

// The largest page that the two architectures know.
#define REGION_ALIGNMENT (UINT64_C(64) << 10)

// What levels of doubling size make of so many bytes.
static uint64_t in_levels(uint64_t bytes, uint64_t level0, uint64_t element) {
  uint64_t slots = level0;
  while ((2 * slots + level0) * element <= bytes) slots = 2 * slots + level0;
  return slots * element;
}

static uint64_t lay_out(struct silt_region *regions, uint64_t capacity) {
  uint64_t threads = capacity / 16 / sizeof(struct silt_thread_record);
  if (threads > SILT_THREADS_MAX) threads = SILT_THREADS_MAX;
  const struct {
    uint64_t bytes;
    uint32_t element;
  } plan[] = {
      [SILT_REGION_STRINGS] = {capacity / 64, 1},
      [SILT_REGION_MODULES] = {capacity / 128, sizeof(struct silt_module)},
      // Sites fill first: a stack shares most of its words with others, and has several size
      // classes.
      [SILT_REGION_STACKS] = {capacity / 4, sizeof(uint32_t)},
      [SILT_REGION_SITES] = {capacity / 32 * 11, sizeof(struct silt_site)},
      [SILT_REGION_LIVE] = {in_levels(capacity / 4, SILT_LIVE_LEVEL0, sizeof(struct silt_live)),
                            sizeof(struct silt_live)},
      [SILT_REGION_RING] = {capacity / 64, sizeof(struct silt_event)},
      [SILT_REGION_THREADS] = {threads * sizeof(struct silt_thread_record),
                               sizeof(struct silt_thread_record)},
      [SILT_REGION_FRAMES] = {in_levels(capacity / 32, SILT_FRAMES_LEVEL0, sizeof(uint64_t)),
                              sizeof(uint64_t)},
  };
  uint64_t offset = REGION_ALIGNMENT;
  for (size_t i = 0; i < sizeof plan / sizeof plan[0]; i++) {
    regions[i].offset = offset;
    regions[i].element_size = plan[i].element;
    regions[i].capacity = plan[i].bytes / plan[i].element;
    // Ids are below SILT_WORD_LINK.
    if (plan[i].element > 1 && regions[i].capacity > SILT_WORD_LINK)
      regions[i].capacity = SILT_WORD_LINK;
    offset += (plan[i].bytes + REGION_ALIGNMENT - 1) & ~(REGION_ALIGNMENT - 1);
  }
  regions[SILT_REGION_STACKS].used = SILT_STACK_ROOTS;
  regions[SILT_REGION_SITES].used = 1 + SILT_OVERFLOW_SITES;  // id 0 is none
  regions[SILT_REGION_FRAMES].used = SILT_FRAMES_LEVEL0;
  return offset;
}

// Blocks are reserved in growing steps, so that a busy region asks the kernel rarely.
static uint64_t step(const struct silt_header *header) {
  return header->page_size > (16u << 10) ? header->page_size : 16u << 10;
}

static uint64_t round_up(uint64_t bytes, uint64_t unit) {
  return (bytes + unit - 1) & ~(unit - 1);
}

// Makes present what must be there whatever happens to the disk later: above all the sites that
// wait for samples which no other site can be made for.
static int back_first(struct silt_header *plan, void *address) {
  bool in_memory = plan->flags & SILT_FLAG_ANONYMOUS;
  int error = in_memory ? 0 : silt_os_populate(address, SILT_HEADER_SIZE);
  for (int kind = 0; kind < SILT_REGION_COUNT && !error; kind++) {
    struct silt_region *region = &plan->regions[kind];
    uint64_t bytes = round_up(region->used * region->element_size, step(plan));
    if (!in_memory && bytes) error = silt_os_populate((char *)address + region->offset, bytes);
    region->backed = bytes;
  }
  return error;
}

static struct silt_header *map_session(struct silt_header *plan, uint64_t size) {
  int fd = -1;
  void *address = NULL;
  if (open_file(plan, &fd) == 0) {
    // Beyond the limit the kernel would not only refuse, but send SIGXFSZ.
    int error = size <= silt_os_file_size_limit() ? silt_os_truncate(fd, size) : EFBIG;
    if (!error && !silt_os_keeps_blocks(fd)) error = EOPNOTSUPP;
    if (!error) error = silt_os_map_shared(fd, size, &address);
    silt_os_close(fd);
    if (!error) {
      silt_os_map_is_sparse(address, size);
      if (back_first(plan, address) == 0) return address;
      silt_os_unmap(address, size);
    }
    silt_os_unlink(live_path);
  }
  live_path[0] = '\0';
  plan->flags |= SILT_FLAG_ANONYMOUS;
  if (silt_os_map_private(size, &address)) return NULL;
  back_first(plan, address);
  return address;
}

static void fill_first(struct silt_header *header) {
  for (uint64_t id = 0; id < SILT_FRAME_FIRST; id++) {
    uint64_t *slot = silt_region_at(header, SILT_REGION_FRAMES, id);
    *slot = (uint64_t)SILT_FRAME_SPECIAL << SILT_FRAME_SHIFT | id;
  }
}

static struct silt_header *make_session(void) {
  static struct silt_header plan;
  __builtin_memset(&plan, 0, sizeof plan);
  describe_process(&plan);
  plan.version = SILT_VERSION;
  plan.header_size = SILT_HEADER_SIZE;
  plan.byte_order = SILT_BYTE_ORDER;
  plan.kind = SILT_KIND_LIVE;
  plan.intervals[0] = (struct silt_interval){
      .bytes = silt_config.interval, .since = plan.start_monotonic, .overflow = 1};
  plan.unwind = silt_config.unwind;
  plan.signal = silt_config.signal;
  plan.state = SILT_STATE_RUNNING;
  plan.flags = load_relaxed(&generation) ? SILT_FLAG_FORKED : 0;
  current_size = lay_out(plan.regions, silt_config.capacity);
  struct silt_header *header = map_session(&plan, current_size);
  if (!header) return NULL;
  *header = plan;
  fill_first(header);
  store_release(&header->magic, SILT_MAGIC);  // pairs with readers, which check it first
  return header;
}

struct silt_header *silt_session_current(void) {
  if (!owned() || load_acquire(&state) != READY) return NULL;
  return load_relaxed(&current);
}

struct silt_header *silt_session(void) {
  struct silt_header *header = silt_session_current();
  if (SILT_LIKELY(header)) return header;
  if (!silt_config_ready() || !silt_session_own() || !owned()) return NULL;
  // A vfork child is in its parent's memory: the session would be of the wrong process.
  if (owner->pid != silt_os_pid()) return NULL;
  uint32_t expected = NONE;
  // A handler that leaves by longjmp would leave it half made for ever.
  uint64_t signals = silt_os_block_signals();
  if (!cas_acq_rel(&state, &expected, (uint32_t)MAKING)) {
    silt_os_restore_signals(signals);
    return silt_session_current();
  }
  header = make_session();
  store_relaxed(&current, header);
  store_release(&state, header ? READY : FAILED);  // pairs with the acquire in silt_session_current
  silt_os_restore_signals(signals);
  return header;
}

uint32_t silt_session_generation(void) {
  return load_relaxed(&generation);
}

struct silt_header *silt_session_close(void) {
  if (!owned()) return NULL;
  uint32_t expected = READY;
  return cas_acq_rel(&state, &expected, (uint32_t)CLOSED) ? load_relaxed(&current) : NULL;
}

const char *silt_session_stem(void) {
  return stem;
}

void silt_session_unlink(void) {
  if (live_path[0]) silt_os_unlink(live_path);
}

// ---- regions

bool silt_region_back(struct silt_header *header, enum silt_region_kind kind, uint64_t elements) {
  struct silt_region *region = &header->regions[kind];
  uint64_t need = elements * region->element_size;
  uint64_t backed = load_acquire(&region->backed);
  if (SILT_LIKELY(need <= backed)) return true;
  uint64_t whole = region->capacity * region->element_size;
  uint64_t target = round_up(need + need / 4, step(header));
  if (target > whole) target = round_up(whole, header->page_size);
  if (!(header->flags & SILT_FLAG_ANONYMOUS) &&
      silt_os_populate((char *)header + region->offset + backed, target - backed))
    return false;
  while (backed < target && !cas_acq_rel(&region->backed, &backed, target)) {
  }
  return true;
}

// What is refused is not claimed: when there is room again on the disk, nothing was wasted.
bool silt_region_claim(struct silt_header *header, enum silt_region_kind kind, uint64_t count,
                       uint64_t *first) {
  struct silt_region *region = &header->regions[kind];
  uint64_t at = load_relaxed(&region->used);
  do
    if (at + count > region->capacity || !silt_region_back(header, kind, at + count)) return false;
  while (!cas_relaxed(&region->used, &at, at + count));
  *first = at;
  return true;
}

uint64_t silt_region_count(struct silt_header *header, enum silt_region_kind kind) {
  struct silt_region *region = &header->regions[kind];
  uint64_t used = load_acquire(&region->used);
  uint64_t present = load_acquire(&region->backed) / region->element_size;
  if (present > region->capacity) present = region->capacity;
  return used < present ? used : present;
}

void silt_session_lose(struct silt_header *header, enum silt_lost reason, uint64_t bytes) {
  add_relaxed(&header->lost[reason].count, UINT64_C(1));
  add_relaxed(&header->lost[reason].bytes, bytes);
}
