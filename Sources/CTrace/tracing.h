// SPDX-License-Identifier: Apache-2.0
//
// What SiltTrace needs to stop a thread, copy it and unwind the copy: ptrace(2) and libunwind,
// whose variadic function and macros get names that Swift can see. The accessors of
// libunwind-ptrace are of no use here: they read from a thread that is stopped all the while.
#pragma once
#include <elf.h>
#include <errno.h>
#include <libunwind.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "registers.h"

// PTRACE_EVENT_STOP, which glibc's header lacks: what a wait status has above its signal when a
// thread after PTRACE_SEIZE has stopped for its tracer, or with its whole process.
enum { silt_event_stop = 128 };

static inline int silt_ptrace_seize(pid_t thread) {
  return (int)ptrace(PTRACE_SEIZE, thread, NULL, NULL);
}

static inline int silt_ptrace_interrupt(pid_t thread) {
  return (int)ptrace(PTRACE_INTERRUPT, thread, NULL, NULL);
}

static inline int silt_ptrace_detach(pid_t thread, int signal) {
  return (int)ptrace(PTRACE_DETACH, thread, NULL, (void *)(long)signal);
}

// Fails with EIO for a thread of another word size.
static inline int silt_ptrace_registers(pid_t thread, struct user_regs_struct *registers) {
  struct iovec vector = {registers, sizeof *registers};
  if (ptrace(PTRACE_GETREGSET, thread, (void *)NT_PRSTATUS, &vector)) return -1;
  if (vector.iov_len == sizeof *registers) return 0;
  errno = EIO;
  return -1;
}

// process_vm_readv(2), which glibc declares to _GNU_SOURCE only: with that, this module's libc
// would not be Swift's.
static inline long silt_read_memory(pid_t process, const struct iovec *here,
                                    const struct iovec *there) {
  return syscall(SYS_process_vm_readv, (long)process, here, 1L, there, 1L, 0L);
}

// An address space that remembers the rules of so many addresses; NULL without memory.
static inline unw_addr_space_t silt_unwind_space(unw_accessors_t *accessors, size_t rules) {
  unw_addr_space_t space = unw_create_addr_space(accessors, 0);
  if (!space) return NULL;
  unw_set_caching_policy(space, UNW_CACHE_GLOBAL);
  unw_set_cache_size(space, rules, 0);
  return space;
}

// Exported, but in no header: what accessors of one's own find a procedure with. perf(1) does the
// same.
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t, unw_word_t, unw_dyn_info_t *,
                                              unw_proc_info_t *, int, void *);

// Looks up the procedure of a pc in the binary search table of an .eh_frame_hdr, all of it in the
// memory that the accessors read.
static inline int silt_unwind_search(unw_addr_space_t space, unw_word_t pc, unw_word_t header,
                                     unw_word_t table, unw_word_t entries, unw_proc_info_t *info,
                                     int need_unwind_info, void *argument) {
  unw_dyn_info_t tables = {
      .start_ip = 0,
      .end_ip = ~(unw_word_t)0,
      .format = UNW_INFO_FORMAT_REMOTE_TABLE,
      .u.rti = {.segbase = header,
                .table_data = table,
                // In words; an entry is two numbers of 32 bits.
                .table_len = entries * 8 / sizeof(unw_word_t)},
  };
  return UNW_OBJ(dwarf_search_unwind_table)(space, pc, &tables, info, need_unwind_info, argument);
}

static inline void silt_unwind_space_free(unw_addr_space_t space) {
  unw_destroy_addr_space(space);
}

static inline int silt_unwind_init(unw_cursor_t *cursor, unw_addr_space_t space, void *argument) {
  return unw_init_remote(cursor, space, argument);
}

static inline int silt_unwind_step(unw_cursor_t *cursor) {
  return unw_step(cursor);
}

static inline int silt_unwind_pc(unw_cursor_t *cursor, unw_word_t *value) {
  return unw_get_reg(cursor, UNW_REG_IP, value);
}

static inline int silt_unwind_is_signal_frame(unw_cursor_t *cursor) {
  return unw_is_signal_frame(cursor);
}
