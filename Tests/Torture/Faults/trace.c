// SPDX-License-Identifier: Apache-2.0
//
// All threads and children are followed. A call that is answered becomes number -1 at its entry,
// which the kernel refuses, and gets its result at its exit.
#define _GNU_SOURCE
#include "trace.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "chance.h"

#define TASKS 256u

struct task {
  pid_t thread;
  bool in_call, answered;
  long number;
  uint64_t clock, time;  // of clock_gettime
  uint64_t start, end;   // of libsilt.so; 0: not seen yet
};

static struct task trace_tasks[TASKS];
static volatile sig_atomic_t trace_late;

static struct task *task_of(pid_t thread) {
  struct task *none = NULL;
  for (unsigned i = 0; i < TASKS; i++) {
    if (trace_tasks[i].thread == thread) return &trace_tasks[i];
    if (!none && !trace_tasks[i].thread) none = &trace_tasks[i];
  }
  if (!none) abort();
  *none = (struct task){.thread = thread};
  return none;
}

static void task_find_shim(struct task *task) {
  char path[64], line[1024];
  snprintf(path, sizeof path, "/proc/%d/maps", task->thread);
  FILE *maps = fopen(path, "re");
  while (maps && fgets(line, sizeof line, maps)) {
    uint64_t start, end;
    if (!strstr(line, "/libsilt.so") || sscanf(line, "%lx-%lx", &start, &end) != 2) continue;
    if (!task->start) task->start = start;
    task->end = end;
  }
  if (maps) fclose(maps);
}

// ---- answers

static bool answer_is_due(const struct trace_plan *plan, const struct trace_result *result,
                          long number) {
  if (plan->number != TRACE_ANY && plan->number != number) return false;
  unsigned at = plan->number == TRACE_ANY ? result->made : result->counts[number];
  return plan->for_ever ? at >= plan->from : at == plan->from;
}

static void call_enters(struct task *task, const struct trace_plan *plan,
                        struct trace_result *result, struct user_regs_struct *registers) {
  long number = (long)registers->orig_rax;
  task->number = number;
  task->answered = false;
  task->clock = registers->rdi;
  task->time = registers->rsi;
  if (!task->start) task_find_shim(task);
  if (registers->rip < task->start || registers->rip >= task->end) return;
  if (number < 0 || number >= TRACE_NUMBERS) return;
  result->made++;
  result->counts[number]++;
  if (!answer_is_due(plan, result, number)) return;
  task->answered = true;
  result->answered++;
  if (plan->made) return;
  registers->orig_rax = (unsigned long long)-1;
  ptrace(PTRACE_SETREGS, task->thread, NULL, registers);
}

// The wall clock goes anywhere, the other one only forwards, sometimes by days.
static void clock_jumps(struct task *task, struct chance *chance) {
  static uint64_t ahead;
  struct timespec t;
  errno = 0;
  t.tv_sec = ptrace(PTRACE_PEEKDATA, task->thread, task->time, NULL);
  if (errno) return;
  if (task->clock == CLOCK_REALTIME) {
    t.tv_sec += (long)chance_below(chance, 400000000) - 200000000;
  } else {
    if (chance_below(chance, 50) == 0) ahead += chance_below(chance, 1000000);
    t.tv_sec += (long)ahead;
  }
  ptrace(PTRACE_POKEDATA, task->thread, task->time, t.tv_sec);
}

static void call_leaves(struct task *task, const struct trace_plan *plan, struct chance *chance,
                        struct trace_result *result, struct user_regs_struct *registers) {
  if (plan->clock && task->number == SYS_clock_gettime && registers->rax == 0) {
    clock_jumps(task, chance);
    result->answered++;
  }
  if (!task->answered) return;
  registers->rax = (unsigned long long)plan->result;
  ptrace(PTRACE_SETREGS, task->thread, NULL, registers);
}

// Without the kernel's own page, libc's clock is a system call. The auxiliary vector lies behind
// the environment.
static void hide_vdso(pid_t thread, uint64_t stack) {
  unsigned nulls = 0;
  uint64_t at = stack + 8;
  errno = 0;
  for (; nulls < 2 && !errno; at += 8)
    if (!ptrace(PTRACE_PEEKDATA, thread, at, NULL) && !errno) nulls++;
  for (;; at += 16) {
    long type = ptrace(PTRACE_PEEKDATA, thread, at, NULL);
    if (errno || type == AT_NULL) return;
    if (type == AT_SYSINFO_EHDR) ptrace(PTRACE_POKEDATA, thread, at, AT_IGNORE);
  }
}

// ---- one run

static void trace_alarm(int signal) {
  (void)signal;
  trace_late = 1;
}

static void trace_stopped(struct task *task, int status, const struct trace_plan *plan,
                          struct trace_result *result, struct chance *chance) {
  struct user_regs_struct registers;
  int signal = WSTOPSIG(status), event = status >> 16, pass = 0;
  if (signal == (SIGTRAP | 0x80)) {
    if (ptrace(PTRACE_GETREGS, task->thread, NULL, &registers)) return;
    task->in_call = !task->in_call;
    if (task->in_call)
      call_enters(task, plan, result, &registers);
    else
      call_leaves(task, plan, chance, result, &registers);
  } else if (event == PTRACE_EVENT_EXEC) {
    task->start = task->end = 0;
    if (plan->clock && !ptrace(PTRACE_GETREGS, task->thread, NULL, &registers))
      hide_vdso(task->thread, registers.rsp);
  } else if (!event && signal != SIGSTOP) {
    pass = signal;
  }
  ptrace(PTRACE_SYSCALL, task->thread, NULL, (long)pass);
}

static pid_t trace_start(char *const *words, char *const *environment, int output) {
  pid_t pid = fork();
  if (pid) return pid;
  dup2(output, 1);
  dup2(output, 2);
  ptrace(PTRACE_TRACEME, 0, NULL, NULL);
  raise(SIGSTOP);
  execve(words[0], words, environment);
  _exit(127);
}

static void trace_follow(pid_t program, const struct trace_plan *plan,
                         struct trace_result *result) {
  struct chance chance = {plan->clock};
  bool over = false;
  for (;;) {
    int status;
    pid_t thread = waitpid(-1, &status, __WALL);
    if (trace_late && !over) {
      result->hung = true;
      over = true;
      for (unsigned i = 0; i < TASKS; i++)
        if (trace_tasks[i].thread) kill(trace_tasks[i].thread, SIGKILL);
    }
    if (thread < 0 && errno == EINTR) continue;
    if (thread < 0) return;  // nobody is left
    struct task *task = task_of(thread);
    if (WIFSTOPPED(status)) {
      trace_stopped(task, status, plan, result, &chance);
      continue;
    }
    if (thread == program) result->status = status;
    task->thread = 0;
  }
}

bool trace_run(char *const *words, char *const *environment, const struct trace_plan *plan,
               struct trace_result *result) {
  const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                       PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  memset(result, 0, sizeof *result);
  memset(trace_tasks, 0, sizeof trace_tasks);
  int status, output = memfd_create("output", MFD_CLOEXEC);
  pid_t program = trace_start(words, environment, output);
  if (program < 0 || waitpid(program, &status, 0) != program || !WIFSTOPPED(status) ||
      ptrace(PTRACE_SETOPTIONS, program, NULL, options)) {
    close(output);
    return false;
  }
  trace_late = 0;
  struct sigaction action = {.sa_handler = trace_alarm};
  sigaction(SIGALRM, &action, NULL);
  alarm(TRACE_SECONDS);
  ptrace(PTRACE_SYSCALL, program, NULL, NULL);
  trace_follow(program, plan, result);
  alarm(0);
  ssize_t size = pread(output, result->output, sizeof result->output - 1, 0);
  result->size = size > 0 ? (size_t)size : 0;
  result->output[result->size] = '\0';
  close(output);
  return true;
}
