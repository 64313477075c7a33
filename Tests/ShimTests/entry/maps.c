// SPDX-License-Identifier: Apache-2.0
//
// maps LIBSILT.SO, SEED=n: programs that map, cut, move, protect and unmap at random, from threads,
// signal handlers, forked children and a sandbox. What the session says is compared with a model
// that the program keeps, and the model with /proc/self/maps.
#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include "entry/preloaded.h"

enum { PAGE = 4096, LEAST = 64 << 10, THREADS = 4, PIECES = 256, OPERATIONS = 1500 };

// ---- the model

struct piece {
  uint64_t start, end;
  uint32_t site, reserved;
};

struct model {
  struct piece pieces[PIECES];
  size_t count;
  uint64_t random;
};

static uint64_t below(struct model *model, uint64_t bound) {
  return silt_mix(++model->random) % bound;
}

static void model_add(struct model *model, struct piece piece) {
  REQUIRE(model->count < PIECES);
  if (piece.end > piece.start) model->pieces[model->count++] = piece;
}

// Takes what lies in [start, end) out of a piece, and puts `inner` in its place.
static void model_replace(struct model *model, uint64_t start, uint64_t end, bool protects,
                          uint32_t reserved) {
  for (size_t i = 0, count = model->count; i < count; i++) {
    struct piece was = model->pieces[i];
    if (was.end <= start || was.start >= end) continue;
    uint64_t from = was.start > start ? was.start : start, to = was.end < end ? was.end : end;
    model->pieces[i] = (struct piece){was.start, from, was.site, was.reserved};
    model_add(model, (struct piece){to, was.end, was.site, was.reserved});
    if (protects) model_add(model, (struct piece){from, to, was.site, reserved});
  }
  size_t kept = 0;
  for (size_t i = 0; i < model->count; i++)
    if (model->pieces[i].end > model->pieces[i].start) model->pieces[kept++] = model->pieces[i];
  model->count = kept;
}

static void model_clear(struct model *model, uint64_t start, uint64_t end) {
  model_replace(model, start, end, false, 0);
}

// ---- the sites: each calls from a line of its own

enum { SITES = 3 };
#define SITE(n)                                                                              \
  __attribute__((noinline)) static void *map_##n(void *at, size_t size, int protection,      \
                                                 int flags) {                                \
    void *made = mmap(at, size, protection, flags | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);     \
    __asm__ volatile("" ::"r"(made) : "memory");                                             \
    return made;                                                                             \
  }                                                                                          \
  __attribute__((noinline)) static void *move_##n(void *from, size_t from_size, size_t size, \
                                                  int flags, void *to) {                     \
    void *moved = mremap(from, from_size, size, flags, to);                                  \
    __asm__ volatile("" ::"r"(moved) : "memory");                                            \
    return moved;                                                                            \
  }
SITE(0)
SITE(1)
SITE(2)
static void *(*const map_at[SITES])(void *, size_t, int, int) = {map_0, map_1, map_2};
static void *(*const move_at[SITES])(void *, size_t, size_t, int, void *) = {move_0, move_1,
                                                                             move_2};

// ---- one operation, done and modelled

static uint64_t size_of_some(struct model *model) {
  return PAGE * (1 + below(model, below(model, 2) ? 16 : 300));
}

// A range within a piece; false if there is none.
static bool some_range(struct model *model, uint64_t *start, uint64_t *size) {
  if (!model->count) return false;
  struct piece piece = model->pieces[below(model, model->count)];
  uint64_t pages = (piece.end - piece.start) / PAGE, first = below(model, pages);
  if (below(model, 2)) first = 0;
  *start = piece.start + first * PAGE;
  *size = PAGE * (1 + below(model, pages - first));
  return true;
}

static void map_some(struct model *model, bool fixed) {
  uint64_t start = 0, size = size_of_some(model);
  uint32_t site = (uint32_t)below(model, SITES), reserved = below(model, 3) == 0;
  if (fixed && !some_range(model, &start, &size)) return;
  char *made = map_at[site]((void *)start, size, reserved ? PROT_NONE : PROT_READ | PROT_WRITE,
                            fixed ? MAP_FIXED : 0);
  REQUIRE(made != MAP_FAILED);
  start = (uintptr_t)made;
  if (fixed) model_clear(model, start, start + size);
  if (size >= LEAST)
    model_add(model, (struct piece){start, start + size, site, reserved});
  else if (!fixed)
    REQUIRE(munmap(made, size) == 0);
}

static void unmap_some(struct model *model) {
  uint64_t start, size;
  if (!some_range(model, &start, &size)) return;
  REQUIRE(munmap((void *)start, size - below(model, 2)) == 0);
  model_clear(model, start, start + size);
}

static void protect_some(struct model *model) {
  uint64_t start, size, reserved = below(model, 2);
  if (!some_range(model, &start, &size)) return;
  REQUIRE(mprotect((void *)start, size, reserved ? PROT_NONE : PROT_READ | PROT_WRITE) == 0);
  model_replace(model, start, start + size, true, (uint32_t)reserved);
}

static void move_some(struct model *model) {
  uint64_t start, size, to = 0, to_size, more = size_of_some(model);
  uint32_t site = (uint32_t)below(model, SITES), reserved = 0;
  int flags = below(model, 4) ? MREMAP_MAYMOVE : 0;
  if (!some_range(model, &start, &size) || !some_range(model, &to, &to_size)) return;
  switch (below(model, 4)) {
    case 0:
      flags = MREMAP_MAYMOVE | MREMAP_FIXED;
      more = below(model, 2) ? to_size : size;
      // It must not reach beyond what is this thread's.
      if (more > to_size) return;
      break;
    case 1:
      flags = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
      more = size;
      break;
    default:
      break;
  }
  for (size_t i = 0; i < model->count; i++)
    if (model->pieces[i].start <= start && start < model->pieces[i].end)
      reserved = model->pieces[i].reserved;
  char *moved = move_at[site]((void *)start, size, more, flags, (void *)to);
  // It lies in several, or has no room, or both places meet.
  if (moved == MAP_FAILED) {
    REQUIRE(errno == EFAULT || errno == EINVAL || errno == ENOMEM);
    if (flags & MREMAP_FIXED && errno != EINVAL) {
      // The place may have been cleared before it failed: now it certainly is.
      REQUIRE(munmap((void *)to, more) == 0);
      model_clear(model, to, to + more);
    }
    return;
  }
  uint64_t at = (uintptr_t)moved;
  if (at == start && more <= size) {
    model_clear(model, start + more, start + size);
    return;
  }
  if (!(flags & MREMAP_DONTUNMAP)) model_clear(model, start, start + size);
  model_clear(model, at, at + more);
  if (more >= LEAST)
    model_add(model, (struct piece){at, at + more, site, reserved});
  else
    REQUIRE(munmap(moved, more) == 0);
}

static void operate(struct model *model) {
  if (model->count > PIECES - 8) {
    while (model->count) {
      struct piece piece = model->pieces[0];
      REQUIRE(munmap((void *)piece.start, piece.end - piece.start) == 0);
      model_clear(model, piece.start, piece.end);
    }
  }
  switch (below(model, 6)) {
    case 0:
    case 1:
      map_some(model, false);
      break;
    case 2:
      map_some(model, true);
      break;
    case 3:
      unmap_some(model);
      break;
    case 4:
      protect_some(model);
      break;
    default:
      move_some(model);
      break;
  }
}

// ---- what the program expects, for its parent to read

static int expectation(void) {
  char path[128];
  snprintf(path, sizeof path, "%s/expected", getenv("SILT_DIR"));
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  REQUIRE(fd >= 0);
  return fd;
}

static void expect(int fd, const struct model *models, size_t count) {
  for (size_t i = 0; i < count; i++) {
    ssize_t size = (ssize_t)(models[i].count * sizeof *models[i].pieces);
    REQUIRE(write(fd, models[i].pieces, (size_t)size) == size);
  }
}

// The kernel's word for every byte of a piece.
static void model_is_mapped(const struct model *model) {
  for (size_t i = 0; i < model->count; i++) {
    FILE *file = fopen("/proc/self/maps", "r");
    char line[512], may[8];
    unsigned long start, end;
    uint64_t at = model->pieces[i].start;
    while (at < model->pieces[i].end && fgets(line, sizeof line, file)) {
      if (sscanf(line, "%lx-%lx %7s", &start, &end, may) != 3) continue;
      if (start <= at && at < end && (may[0] == '-') == (bool)model->pieces[i].reserved) at = end;
    }
    fclose(file);
    REQUIRE(at >= model->pieces[i].end);
  }
}

// ---- the programs

static struct model models[THREADS + 1];
static uint64_t seed;

static void *work(void *argument) {
  for (int i = 0; i < OPERATIONS; i++) operate(argument);
  return argument;
}

static void run_threads(void) {
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    models[i].random = seed + (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15);
    REQUIRE(pthread_create(&threads[i], NULL, work, &models[i]) == 0);
  }
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < THREADS; i++) model_is_mapped(&models[i]);
  expect(expectation(), models, THREADS);
}

#define FAILS(call, error) REQUIRE((errno = 0, (call)) == -1 && errno == (error))
#define FAILS_TO_MAP(call, error) REQUIRE((errno = 0, (call)) == MAP_FAILED && errno == (error))

// Results and errors are the kernel's; what fails changes nothing, what succeeds leaves errno.
static void run_failing(void) {
  struct model *model = &models[0];
  const int private = MAP_PRIVATE | MAP_ANONYMOUS;
  errno = 77;
  char *p = map_0(NULL, 1 << 20, PROT_READ | PROT_WRITE, 0);
  REQUIRE(p != MAP_FAILED && errno == 77);
  model_add(model, (struct piece){(uintptr_t)p, (uintptr_t)p + (1 << 20), 0, 0});
  FAILS_TO_MAP(mmap(NULL, 0, PROT_READ, private, -1, 0), EINVAL);
  FAILS_TO_MAP(mmap(p + 1, 1 << 20, PROT_READ, private | MAP_FIXED, -1, 0), EINVAL);
  FAILS_TO_MAP(mmap64(NULL, 1 << 20, PROT_READ, MAP_PRIVATE, -1, 0), EBADF);
  FAILS_TO_MAP(mmap(p, 1 << 20, PROT_READ, private | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
  FAILS_TO_MAP(mmap(NULL, (size_t)1 << 60, PROT_READ, private, -1, 0), ENOMEM);
  FAILS(munmap(p + 1, PAGE), EINVAL);
  FAILS(munmap(p, 0), EINVAL);
  FAILS(mprotect(p + 1, PAGE, PROT_NONE), EINVAL);
  FAILS_TO_MAP(mremap(p + 1, PAGE, PAGE, 0), EINVAL);
  FAILS_TO_MAP(mremap(p, 1 << 20, 0, 0), EINVAL);
  FAILS_TO_MAP(mremap(p, PAGE, 1 << 20, 0), ENOMEM);
  errno = 77;
  // A size that is no multiple of a page's, by the other name, and for a stack.
  char *q = mmap64(NULL, (1 << 20) - 1, PROT_READ, private | MAP_STACK | MAP_NORESERVE, -1, 0);
  REQUIRE(q != MAP_FAILED && munmap(q, (1 << 19) + 1) == 0 && errno == 77);
  model_add(model, (struct piece){(uintptr_t)q + (1 << 19) + PAGE, (uintptr_t)q + (1 << 20), 1, 0});
  // A file of its own, shared.
  int fd = memfd_create("maps", 0);
  REQUIRE(fd >= 0 && ftruncate(fd, 1 << 20) == 0);
  char *r = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  REQUIRE(r != MAP_FAILED && close(fd) == 0);
  model_add(model, (struct piece){(uintptr_t)r, (uintptr_t)r + (1 << 20), 2, 0});
  // An old size of 0 makes a second one of it.
  char *s = move_0(r, 0, 1 << 19, MREMAP_MAYMOVE, NULL);
  REQUIRE(s != MAP_FAILED);
  model_add(model, (struct piece){(uintptr_t)s, (uintptr_t)s + (1 << 19), 3, 0});
  model_is_mapped(model);
  expect(expectation(), models, 1);
}

static struct model *handlers_model = &models[1];

static void on_alarm(int signal) {
  int saved = errno;
  (void)signal;
  operate(handlers_model);
  operate(handlers_model);
  errno = saved;
}

// Once, so that the program gets on in between.
static void ring_soon(void) {
  struct itimerval soon = {{0, 0}, {0, 20 + rand() % 80}};
  setitimer(ITIMER_REAL, &soon, NULL);
}

static void run_handlers(void) {
  models[0].random = seed;
  handlers_model->random = ~seed;
  signal(SIGALRM, on_alarm);
  for (int i = 0; i < 2 * OPERATIONS; i++) {
    if (i % 2 == 0) ring_soon();
    operate(&models[0]);
  }
  setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
  signal(SIGALRM, SIG_IGN);
  model_is_mapped(&models[0]);
  expect(expectation(), models, 2);
}

static sigjmp_buf jump;

static void leave(int signal) {
  (void)signal;
  siglongjmp(jump, 1);
}

// A handler leaves anywhere. Afterwards all goes on: what is mapped then is in the table.
static void run_jumps(void) {
  volatile int jumps = 0;
  signal(SIGALRM, leave);
  for (volatile int i = 0; jumps < 300; i++) {
    if (sigsetjmp(jump, 1)) {
      jumps++;
      continue;
    }
    ring_soon();
    for (;;) {
      char *p = map_1(NULL, 1 << 17, PROT_READ, 0);
      munmap(p, 1 << 17);
    }
  }
  signal(SIGALRM, SIG_IGN);
  for (int i = 0; i < 3; i++) {
    char *p = map_0(NULL, 1 << 21, PROT_NONE, 0);
    model_add(&models[0], (struct piece){(uintptr_t)p, (uintptr_t)p + (1 << 21), 0, 1});
  }
  expect(expectation(), models, 1);
}

static volatile sig_atomic_t is_child, forks;

static void fork_here(int signal) {
  (void)signal;
  pid_t child = fork();
  if (child == 0) is_child = 1;
  if (child > 0) {
    forks++;
    while (waitpid(child, NULL, 0) < 0) continue;
  }
}

// Children return from the handler, go on as the parent does, and end without a dump.
static void run_forks(void) {
  models[0].random = seed;
  signal(SIGALRM, fork_here);
  for (int i = 0; i < 1000; i++) {
    int seen = forks;
    if (i % 4 == 0 && !is_child) ring_soon();
    for (int k = 0; k < 4 && seen == forks; k++) operate(&models[0]);
    if (is_child) {
      for (int k = 0; k < 20; k++) operate(&models[0]);
      syscall(SYS_exit_group, 0);
    }
  }
  setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
  signal(SIGALRM, SIG_IGN);
  // A child that shares the memory.
  char *volatile shared = NULL;
  if (vfork() == 0) {
    shared = map_2(NULL, 1 << 18, PROT_READ, 0);
    _exit(0);
  }
  model_add(&models[0], (struct piece){(uintptr_t)shared, (uintptr_t)shared + (1 << 18), 2, 0});
  model_is_mapped(&models[0]);
  expect(expectation(), models, 1);
}

// The kernel kills for any call but these.
static void run_sandbox(void) {
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 6, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_munmap, 5, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mremap, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  models[0].random = seed;
  for (int i = 0; i < 300; i++) operate(&models[0]);
  int fd = expectation();
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0);
  for (int i = 0; i < 300; i++) operate(&models[0]);
  expect(fd, models, 1);
  syscall(SYS_exit_group, 0);
}

// ---- under the loader's lock

static pthread_barrier_t inside;

static void *map_meanwhile(void *unused) {
  pthread_barrier_wait(&inside);
  for (int i = 0; i < 100; i++) operate(&models[1]);
  pthread_barrier_wait(&inside);
  return unused;
}

// A constructor of a library runs so, and may wait for a thread that maps.
static int wait_for_mappings(struct dl_phdr_info *info, size_t size, void *once) {
  (void)info, (void)size;
  if (*(int *)once) return 0;
  *(int *)once = 1;
  pthread_barrier_wait(&inside);
  for (int i = 0; i < 100; i++) operate(&models[0]);
  pthread_barrier_wait(&inside);
  return 0;
}

static void run_loading(void) {
  pthread_t thread;
  int once = 0;
  models[0].random = seed;
  models[1].random = ~seed;
  REQUIRE(pthread_barrier_init(&inside, NULL, 2) == 0);
  REQUIRE(pthread_create(&thread, NULL, map_meanwhile, NULL) == 0);
  dl_iterate_phdr(wait_for_mappings, &once);
  pthread_join(thread, NULL);
  expect(expectation(), models, 2);
}

static int run(const char *name) {
  seed = strtoull(getenv("SEED"), NULL, 0);
  if (strcmp(name, "threads") == 0) run_threads();
  if (strcmp(name, "failing") == 0) run_failing();
  if (strcmp(name, "handlers") == 0) run_handlers();
  if (strcmp(name, "jumps") == 0) run_jumps();
  if (strcmp(name, "forks") == 0) run_forks();
  if (strcmp(name, "sandbox") == 0) run_sandbox();
  if (strcmp(name, "loading") == 0) run_loading();
  return 0;
}

// ---- the comparison

static struct piece found[8192];
static size_t found_count;
static uint64_t lost;

static int by_start(const void *a, const void *b) {
  uint64_t x = ((const struct piece *)a)->start, y = ((const struct piece *)b)->start;
  return x < y ? -1 : x > y;
}

static void look(const struct silt_header *file) {
  found_count = 0;
  lost += file->lost[SILT_LOST_MAPPINGS].count;
  for (uint64_t i = 0; i < file->regions[SILT_REGION_MAPPINGS].used; i++) {
    const struct silt_mapping *m = preloaded_element(file, SILT_REGION_MAPPINGS, i);
    if (m->address <= SILT_LIVE_BUSY) continue;
    REQUIRE(m->check == silt_mapping_check(m) && found_count < sizeof found / sizeof *found);
    found[found_count++] =
        (struct piece){m->address, m->address + m->size, m->stack, m->protection == PROT_NONE};
  }
  qsort(found, found_count, sizeof *found, by_start);
}

static size_t read_expected(struct piece *pieces, size_t most) {
  char path[128];
  snprintf(path, sizeof path, "%s/expected", preloaded_folder);
  FILE *file = fopen(path, "r");
  REQUIRE(file);
  size_t count = fread(pieces, sizeof *pieces, most, file);
  fclose(file);
  qsort(pieces, count, sizeof *pieces, by_start);
  return count;
}

static uint32_t known;

// Which site a stack was seen at; one stack is of one site.
static bool stack_is_of(uint32_t stack, uint32_t site) {
  static uint32_t stacks[4096], sites[4096];
  if (stack < SILT_STACK_ROOTS) return true;  // recorded without
  for (uint32_t i = 0; i < known; i++)
    if (stacks[i] == stack) return sites[i] == site;
  stacks[known] = stack;
  sites[known++] = site;
  return true;
}

// Both say the same of every byte; or at least of those that are expected.
static bool are_equal(const struct piece *expected, size_t count, bool of_all) {
  uint64_t bytes = 0, all = 0;
  size_t at = 0;
  for (size_t i = 0; i < found_count; i++) all += found[i].end - found[i].start;
  for (size_t i = 0; i < count; i++) bytes += expected[i].end - expected[i].start;
  for (size_t i = 0; i < count; i++)
    for (uint64_t byte = expected[i].start; byte < expected[i].end;) {
      while (at < found_count && found[at].end <= byte) at++;
      const struct piece *here = &found[at];
      if (at == found_count || here->start > byte || here->reserved != expected[i].reserved ||
          !stack_is_of(here->site, expected[i].site)) {
        printf("maps: %lx of %lx-%lx (%u, %u)\n", byte, expected[i].start, expected[i].end,
               expected[i].site, expected[i].reserved);
        if (at < found_count)
          printf("maps: is %lx-%lx (%u, %u)\n", here->start, here->end, here->site, here->reserved);
        return false;
      }
      byte = here->end;
    }
  return bytes == all || !of_all;
}

static int check(const char *shim, const char *name, const char *ending) {
  static struct piece expected[THREADS * PIECES];
  known = 0;
  lost = 0;
  preloaded_begin();
  int status = preloaded_run(shim, "maps", name);
  int files = preloaded_each(preloaded_folder, ending, look);
  size_t count = read_expected(expected, sizeof expected / sizeof *expected);
  bool same = are_equal(expected, count, strcmp(name, "jumps") != 0);
  preloaded_end();
  if (status || files != 1 || !same || lost)
    printf("maps: %s: status %x, %d files, %zu pieces, %zu expected, %s, %lu lost\n", name, status,
           files, found_count, count, same ? "equal" : "not equal", (unsigned long)lost);
  return status || files != 1 || !same || lost;
}

int main(int argc, char **argv) {
  if (strcmp(argv[0], "maps") == 0) return run(argv[argc - 1]);
  REQUIRE(argc > 1);
  char text[32];
  snprintf(text, sizeof text, "%lu", (unsigned long)time(NULL) * 1000003 + (unsigned long)getpid());
  setenv("SEED", text, 0);
  int failed = check(argv[1], "threads", ".1.silt") + check(argv[1], "failing", ".1.silt") +
               check(argv[1], "handlers", ".1.silt") + check(argv[1], "jumps", ".1.silt") +
               check(argv[1], "forks", ".1.silt") + check(argv[1], "sandbox", ".live.silt") +
               check(argv[1], "loading", ".1.silt");
  printf("maps: random changes from threads, handlers, children and a sandbox (SEED=%s)\n",
         getenv("SEED"));
  return failed != 0;
}
