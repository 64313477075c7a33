// SPDX-License-Identifier: Apache-2.0
//
// Every system call of the shim. One contract: 0 or a positive error number is returned, results go
// out by pointer; errno is never touched; all are async-signal-safe, since they are bare system
// calls (the clock goes through libc to the vDSO). EINTR is retried here and nowhere else.
#ifndef SILT_OS_H
#define SILT_OS_H

#include <time.h>

#include "base/base.h"

struct silt_os_file_id {
  uint64_t device, inode, size;
  uint64_t modified;  // ns since 1970
  uint32_t uid, mode;
};

int silt_os_open(const char *path, int flags, unsigned mode, int *fd);
void silt_os_close(int fd);
int silt_os_read(int fd, void *buffer, size_t size, size_t *got);  // one read; 0 bytes at the end
int silt_os_pwrite(int fd, const void *buffer, size_t size, uint64_t offset);  // all of it
int silt_os_truncate(int fd, uint64_t size);
// False on file systems that copy on write: there a page that has been written back needs new
// blocks when it is written to again, and without any that is a SIGBUS, whatever was reserved.
bool silt_os_keeps_blocks(int fd);
int silt_os_identify(const char *path, struct silt_os_file_id *id);  // does not follow a link
int silt_os_mkdir(const char *path, unsigned mode);
int silt_os_rename(const char *from, const char *to);
int silt_os_unlink(const char *path);
int silt_os_readlink(const char *path, char *buffer, size_t size, size_t *got);
int silt_os_directory(char *buffer, size_t size);                  // the current one
int silt_os_list(int fd, void *buffer, size_t size, size_t *got);  // getdents64

// Whole small file, such as those of /proc, NUL-terminated and cut at size - 1.
int silt_os_slurp(const char *path, char *buffer, size_t size, size_t *got);
// A number of this process in /proc/self/stat, by proc(5)'s count of fields.
int silt_os_stat(unsigned field, uint64_t *value);

int silt_os_map_shared(int fd, size_t size, void **address);
int silt_os_map_private(size_t size, void **address);
void silt_os_unmap(void *address, size_t size);
// Makes pages present and their blocks allocated, or says why not; never a SIGBUS.
int silt_os_populate(void *address, size_t size);
// No reading ahead: it would make the first touch of a sparse file cost milliseconds.
void silt_os_map_is_sparse(void *address, size_t size);
int silt_os_wipe_on_fork(void *address, size_t size);
// Back to zero pages; only for private memory.
void silt_os_discard(void *address, size_t size);
// Whether the 8 bytes at `address` can be read. Never faults; may bring in a page, as a read
// would.
bool silt_os_readable(uint64_t address);

// libc's own clock_gettime, which need not enter the kernel. Never the one that the symbol leads
// to: a program's or a preloaded one may lock or allocate. Without it the clock is a system call.
typedef int silt_os_clock(int clock, struct timespec *);
void silt_os_use_clock(silt_os_clock *clock);
uint64_t silt_os_monotonic(void);  // ns
uint64_t silt_os_realtime(void);   // ns
int silt_os_random(void *buffer, size_t size);
uint32_t silt_os_pid(void);
uint32_t silt_os_thread(void);
uint32_t silt_os_uid(void);
bool silt_os_process_exists(uint32_t pid);
// Handler address now installed for a signal: 0 default, 1 ignored.
int silt_os_signal_handler(int signal, uint64_t *handler);
// Of this thread; returns what was blocked before.
uint64_t silt_os_block_signals(void);
void silt_os_restore_signals(uint64_t blocked);
uint64_t silt_os_file_size_limit(void);

#endif
