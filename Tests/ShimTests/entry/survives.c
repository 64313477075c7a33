// SPDX-License-Identifier: Apache-2.0
//
// survives LIBSILT.SO: what programs do that a guest may not notice. Each runs to its end under the
// shim as it does without.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "entry/preloaded.h"

static void allocate(int count) {
  for (int i = 0; i < count; i++) {
    void *volatile p = malloc(100);
    free(p);
  }
}

// ---- a dlclose of what stays loaded takes no lock of the loader's that another thread holds

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t inside;

static int wait_inside(struct dl_phdr_info *info, size_t size, void *once) {
  (void)info, (void)size;
  if (*(int *)once) return 0;
  *(int *)once = 1;
  pthread_barrier_wait(&inside);
  pthread_mutex_lock(&lock);
  pthread_mutex_unlock(&lock);
  return 0;
}

static void *iterate(void *unused) {
  int once = 0;
  dl_iterate_phdr(wait_inside, &once);
  return unused;
}

static void close_under_a_lock(void) {
  pthread_t thread;
  void *first = dlopen("libm.so.6", RTLD_NOW), *second = dlopen("libm.so.6", RTLD_NOW);
  REQUIRE(first && second && pthread_barrier_init(&inside, NULL, 2) == 0);
  pthread_mutex_lock(&lock);
  REQUIRE(pthread_create(&thread, NULL, iterate, NULL) == 0);
  pthread_barrier_wait(&inside);
  REQUIRE(dlclose(second) == 0);
  pthread_mutex_unlock(&lock);
  pthread_join(thread, NULL);
}

// ---- a sandbox in which the kernel kills for a system call that is not foreseen

#define ALLOW(number) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter rules[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    ALLOW(SYS_write),
    ALLOW(SYS_exit),
    ALLOW(SYS_exit_group),
    ALLOW(SYS_brk),
    ALLOW(SYS_mmap),
    ALLOW(SYS_munmap),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)};
static struct sock_fprog filter = {sizeof rules / sizeof rules[0], rules};

static int deeper(int levels) {
  volatile char room[256];
  room[0] = (char)levels;
  if (levels) return deeper(levels - 1) + room[0];
  allocate(1);
  return 0;
}

static void enter_filter(long how) {
  allocate(100);
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  if (how == SYS_seccomp)
    REQUIRE(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0);
  else
    REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0);
  allocate(20000);
  for (int i = 0; i < 300; i++) deeper(i);
}

static void enter_in_a_child(void) {
  int status;
  allocate(100);
  pid_t child = fork();
  if (child == 0) {
    enter_filter(SYS_prctl);
    _exit(0);
  }
  REQUIRE(waitpid(child, &status, 0) == child && status == 0);
}

#define KILL(number)                                   \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), \
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

// With this one, threads can be made and wait for each other.
static struct sock_filter ours[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    KILL(SYS_getpid),
    KILL(SYS_gettid),
    KILL(SYS_openat),
    KILL(SYS_pwrite64),
    KILL(SYS_sched_yield),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
static struct sock_fprog gentle = {sizeof ours / sizeof ours[0], ours};

static void *record_on(void *unused) {
  for (int i = 0; i < 300; i++) deeper(i);
  allocate(1000);
  return unused;
}

static void enter_then_make_a_thread(void) {
  pthread_t thread;
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &gentle) == 0);
  REQUIRE(pthread_create(&thread, NULL, record_on, NULL) == 0);
  pthread_join(thread, NULL);
}

static void on_timer(union sigval unused) {
  (void)unused;
  record_on(NULL);
  pthread_barrier_wait(&inside);
}

// libc makes a thread for it, and another one for each time.
static void enter_then_set_a_timer(void) {
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = on_timer};
  struct itimerspec soon = {.it_value = {.tv_nsec = 1000000}};
  REQUIRE(pthread_barrier_init(&inside, NULL, 2) == 0);
  enter_then_make_a_thread();
  REQUIRE(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 &&
          timer_settime(timer, 0, &soon, NULL) == 0);
  pthread_barrier_wait(&inside);
}

static void *enter_alone(void *unused) {
  allocate(100);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &gentle) == 0);
  record_on(NULL);
  pthread_barrier_wait(&inside);
  pthread_barrier_wait(&inside);
  return unused;
}

// The sandbox of one thread does not hinder the others.
static void enter_in_one_thread(void) {
  pthread_t thread;
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(pthread_barrier_init(&inside, NULL, 2) == 0 &&
          pthread_create(&thread, NULL, enter_alone, NULL) == 0);
  pthread_barrier_wait(&inside);
  raise(SIGUSR2);
  pthread_barrier_wait(&inside);
  pthread_join(thread, NULL);
}

static void *ask_from_outside(void *unused) {
  pthread_barrier_wait(&inside);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) == -1);
  pthread_barrier_wait(&inside);
  return unused;
}

// That one is refused says nothing of another one.
static void enter_and_see_another_refused(void) {
  pthread_t thread;
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(pthread_barrier_init(&inside, NULL, 2) == 0 &&
          pthread_create(&thread, NULL, ask_from_outside, NULL) == 0);
  allocate(100);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &gentle) == 0);
  pthread_barrier_wait(&inside);
  pthread_barrier_wait(&inside);
  _exit(0);
}

static void *record_for_ever(void *unused) {
  while (!unused) record_on(NULL);
  return unused;
}

static void enter_with_all(void) {
  pthread_t threads[3];
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  for (int i = 0; i < 3; i++)
    REQUIRE(pthread_create(&threads[i], NULL, record_for_ever, NULL) == 0);
  usleep(20000);
  REQUIRE(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &gentle) == 0);
  usleep(20000);
  record_on(NULL);
}

// The kernel takes 32 bits of the number.
static void enter_by_a_number_with_more_bits(void) {
  allocate(100);
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(syscall((1L << 32) + SYS_seccomp, (1L << 32) + SECCOMP_SET_MODE_FILTER, 0, &gentle) == 0);
  record_on(NULL);
}

// It takes the processor's clock away as well.
static void enter_strict(void) {
  allocate(100);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
  allocate(20000);
  syscall(SYS_exit, 0);
}

static void fail_to_enter(void) {
  sigset_t before, after;
  sigprocmask(SIG_SETMASK, NULL, &before);
  for (int i = 0; i < 1000; i++)
    REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL) == -1 && errno == EFAULT);
  sigprocmask(SIG_SETMASK, NULL, &after);
  REQUIRE(memcmp(&before, &after, sizeof before) == 0);
  allocate(1000);
}

// Of two threads one only asks whether there are sandboxes, while the other one enters.
static void *ask(void *unused) {
  pthread_barrier_wait(&inside);
  for (int i = 0; i < 20; i++) prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL);
  syscall(SYS_exit, 0);
  return unused;
}

static void enter_while_another_asks(void) {
  pthread_t thread;
  REQUIRE(pthread_barrier_init(&inside, NULL, 2) == 0 &&
          pthread_create(&thread, NULL, ask, NULL) == 0);
  pthread_barrier_wait(&inside);
  enter_filter(SYS_prctl);
}

// ---- a system call that returns twice, on one stack

__attribute__((noinline)) static long vfork_by_number(void) {
#ifdef SYS_vfork
  long child = syscall(SYS_vfork);
#else
  long child = syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
#endif
  // The parent comes back to the address that was last called from here: with its own result.
  if (child == 0) child = syscall(SYS_exit_group, 5);
  return child;
}

static void return_twice(void) {
  int status;
  allocate(100);
  long child = vfork_by_number();
  REQUIRE(child > 0 && waitpid((pid_t)child, &status, 0) == child && WEXITSTATUS(status) == 5);
  allocate(100);
}

// ---- fibers whose stacks lie right below that of a thread without a guard page

enum { FIBER = 64 << 10 };
static char *stacks;

static void on_fiber(void) {
  for (int i = 0; i < 50; i++) allocate(1);
}

// Calls `run` with the stack pointer at `top`. Its unwind information is that of a function without
// a frame, and so leads a walk beyond the top.
void run_on(void *top, void (*run)(void));
#if defined(__x86_64__)
__asm__(
    ".text; run_on: .cfi_startproc; push %rbp; mov %rsp, %rbp; mov %rdi, %rsp; call *%rsi; mov "
    "%rbp, %rsp; pop "
    "%rbp; ret; .cfi_endproc");
#else
__asm__(
    ".text; run_on: .cfi_startproc; stp x29, x30, [sp, #-16]!; mov x29, sp; mov sp, x0; blr x1; "
    "mov sp, x29; "
    "ldp x29, x30, [sp], #16; ret; .cfi_endproc");
#endif

static void *run_fibers(void *unused) {
  allocate(1);
  run_on(stacks + 2 * FIBER, on_fiber);
  run_on(stacks + FIBER, on_fiber);
  munmap(stacks + FIBER, FIBER);
  run_on(stacks + FIBER, on_fiber);
  return unused;
}

static void fibers_below(void) {
  pthread_attr_t attributes;
  pthread_t thread;
  stacks = mmap(NULL, 5 * FIBER, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(stacks != MAP_FAILED && pthread_attr_init(&attributes) == 0 &&
          pthread_attr_setstack(&attributes, stacks + 2 * FIBER, 3 * FIBER) == 0 &&
          pthread_create(&thread, &attributes, run_fibers, NULL) == 0);
  pthread_join(thread, NULL);
}

// The same below a stack that libc made, without a guard page. Where something lies below already,
// it waits, so that the next thread gets another stack.
static void *make_fibers(void *unused) {
  pthread_attr_t attributes;
  void *own;
  size_t size;
  REQUIRE(pthread_getattr_np(pthread_self(), &attributes) == 0 &&
          pthread_attr_getstack(&attributes, &own, &size) == 0);
  char *below = (char *)own - 2 * FIBER;
  stacks = mmap(below, 2 * FIBER, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  bool is_free = stacks == below;
  if (is_free) run_fibers(NULL);
  if (!is_free) stacks = MAP_FAILED;
  pthread_barrier_wait(&inside);
  pthread_mutex_lock(&lock);
  pthread_mutex_unlock(&lock);
  return unused;
}

static void fibers_below_libcs(bool standard) {
  enum { TRIES = 50 };
  pthread_attr_t attributes;
  pthread_t threads[TRIES];
  int count = 0;
  REQUIRE(pthread_attr_init(&attributes) == 0 && pthread_attr_setguardsize(&attributes, 0) == 0);
  if (standard) REQUIRE(pthread_setattr_default_np(&attributes) == 0);
  pthread_barrier_init(&inside, NULL, 2);
  pthread_mutex_lock(&lock);
  for (stacks = MAP_FAILED; stacks == MAP_FAILED; count++) {
    REQUIRE(count < TRIES &&
            pthread_create(&threads[count], standard ? NULL : &attributes, make_fibers, NULL) == 0);
    pthread_barrier_wait(&inside);
  }
  pthread_mutex_unlock(&lock);
  while (count > 0) pthread_join(threads[--count], NULL);
}

// ---- what each does, and what is left of it

static void enter_by_prctl(void) {
  enter_filter(SYS_prctl);
}

static void enter_by_number(void) {
  enter_filter(SYS_seccomp);
  _exit(0);
}

static void fibers_below_unguarded(void) {
  fibers_below_libcs(false);
}

static void fibers_below_standard(void) {
  fibers_below_libcs(true);
}

// In a sandbox no dump is made. Who returns from main has exited; who calls _exit may be a child.
// What could not be installed changes nothing; nor does a child that ends in this memory.
enum left { ANYTHING, LIVE_EXITED, LIVE_SANDBOXED, DUMP_AT_EXIT, DUMPS_BY_SIGNAL_AND_AT_EXIT };

static const struct {
  const char *name;
  void (*run)(void);
  enum left left;
  uint64_t events;  // of a dump at exit, at least
} cases[] = {{"lock", close_under_a_lock, ANYTHING, 0},
             {"filter", enter_by_prctl, LIVE_EXITED, 0},
             {"seccomp", enter_by_number, LIVE_SANDBOXED, 0},
             {"child", enter_in_a_child, ANYTHING, 0},
             {"asks", enter_while_another_asks, LIVE_EXITED, 0},
             {"made", enter_then_make_a_thread, LIVE_EXITED, 0},
             {"one", enter_in_one_thread, DUMPS_BY_SIGNAL_AND_AT_EXIT, 0},
             {"timer", enter_then_set_a_timer, LIVE_EXITED, 0},
             {"another", enter_and_see_another_refused, LIVE_SANDBOXED, 0},
             {"all", enter_with_all, LIVE_EXITED, 0},
             {"bits", enter_by_a_number_with_more_bits, ANYTHING, 0},
             {"strict", enter_strict, ANYTHING, 0},
             {"refused", fail_to_enter, DUMP_AT_EXIT, 1000},
             {"twice", return_twice, DUMP_AT_EXIT, 200},
             {"fibers", fibers_below, ANYTHING, 0},
             {"unguarded", fibers_below_unguarded, ANYTHING, 0},
             {"standard", fibers_below_standard, ANYTHING, 0}};
enum { CASES = sizeof cases / sizeof cases[0] };

static uint32_t state;
static uint64_t events;
static enum silt_reason reason;

// Where the clock may not be read any more, time stands still, and never goes back.
static void look(const struct silt_header *file) {
  const struct silt_region *ring = &file->regions[SILT_REGION_RING];
  state = file->state;
  events = ring->used;
  reason = (enum silt_reason)file->reason;
  for (uint64_t i = 0; i < events && i < ring->capacity; i++) {
    const struct silt_event *event = preloaded_element(file, SILT_REGION_RING, i);
    REQUIRE(!event->sequence || event->time >= file->start_monotonic);
  }
}

static void look_at_dump(const char *ending, enum silt_reason why) {
  REQUIRE(preloaded_each(preloaded_folder, ending, look) == 1 && reason == why);
}

static void look_at_live(enum silt_state expected) {
  REQUIRE(preloaded_each(preloaded_folder, ".live.silt", look) == 1 && state == expected);
}

static void look_at_what_is_left(enum left left, uint64_t least) {
  switch (left) {
    case ANYTHING:
      break;
    case LIVE_EXITED:
      look_at_live(SILT_STATE_EXITED);
      break;
    case LIVE_SANDBOXED:
      look_at_live(SILT_STATE_SANDBOXED);
      break;
    case DUMP_AT_EXIT:
      look_at_dump(".1.silt", SILT_REASON_EXIT);
      REQUIRE(events >= least);
      break;
    case DUMPS_BY_SIGNAL_AND_AT_EXIT:
      look_at_dump(".1.silt", SILT_REASON_SIGNAL);
      look_at_dump(".2.silt", SILT_REASON_EXIT);
  }
}

int main(int argc, char **argv) {
  REQUIRE(argc == 2);
  bool is_case = argv[0][0] == '-';
  for (int i = 0; i < CASES; i++) {
    if (is_case) {
      if (strcmp(argv[1], cases[i].name) == 0) cases[i].run();
      continue;
    }
    preloaded_begin();
    int status = preloaded_run(argv[1], "-", cases[i].name);
    if (status) fprintf(stderr, "survives: %s: status %#x\n", cases[i].name, (unsigned)status);
    REQUIRE(status == 0);
    look_at_what_is_left(cases[i].left, cases[i].events);
    preloaded_end();
  }
  return 0;
}
