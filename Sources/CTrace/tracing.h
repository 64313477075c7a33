// SPDX-License-Identifier: Apache-2.0
//
// What SiltTrace needs to stop a thread, copy it and unwind the copy. Swift cannot call ptrace(2),
// which is variadic, nor libunwind's functions, which are macros: each gets a function here.
// libunwind-ptrace is not used, because its accessors need the thread stopped during unwinding.
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

// PTRACE_EVENT_STOP, which glibc's header lacks: bits 16 and up of a wait status if a thread after
// PTRACE_SEIZE has stopped for its tracer, or together with its whole process.
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

// process_vm_readv(2) by number: glibc declares it only under _GNU_SOURCE, and with that macro this
// module's view of libc would differ from the one that Swift imports.
static inline long silt_read_memory(pid_t process, const struct iovec *here,
                                    const struct iovec *there) {
  return syscall(SYS_process_vm_readv, (long)process, here, 1L, there, 1L, 0L);
}

// An address space that caches unwind rules for `rules` addresses; NULL if there is no memory.
static inline unw_addr_space_t silt_unwind_space(unw_accessors_t *accessors, size_t rules) {
  unw_addr_space_t space = unw_create_addr_space(accessors, 0);
  if (!space) return NULL;
  unw_set_caching_policy(space, UNW_CACHE_GLOBAL);
  unw_set_cache_size(space, rules, 0);
  return space;
}

// Exported by libunwind, but declared in no header. perf(1) uses it in the same way.
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t, unw_word_t, unw_dyn_info_t *,
                                              unw_proc_info_t *, int, void *);

// Finds the procedure of a pc by the binary search table of an .eh_frame_hdr. Addresses are those
// of the process; they are read by the accessors.
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
