// SPDX-License-Identifier: Apache-2.0
//
// Every system call of the shim. One contract: the result is 0 or a positive error number, other
// results are written through a pointer, errno is never touched. All are async-signal-safe, because
// they are bare system calls (the clock goes through libc to the vDSO). EINTR is retried here and
// nowhere else.
#ifndef SILT_OS_H
#define SILT_OS_H

#include <time.h>

#include "base/base.h"

struct silt_os_status {
  uint64_t modified;  // ns since 1970
  uint64_t bytes;     // on the disk
  uint64_t device, inode;
  uint32_t uid, mode;
};

// Before the calling thread enters a sandbox in which the kernel may kill for a system call: each
// of ours in this thread fails with EPERM from here on. `is_strict`, or if libc needs a system call
// to read the clock: time stands still for it. So does each call of a thread that nobody told what
// it is in, for libc makes threads by itself. silt_os_allow takes it back if the sandbox is
// refused.
void silt_os_stop(bool is_strict);
void silt_os_allow(bool is_strict);
// Whether any thread of the process is in a sandbox, or about to enter one.
bool silt_os_has_sandboxes(void);
// The same for all threads. What others do between silt_os_block_signals and its end they may
// finish: it waits for them, but not long. Call it with signals blocked.
void silt_os_stop_all(void);
void silt_os_allow_all(void);
// Whether this thread may make no system call.
bool silt_os_is_stopped(void);
// In the child of a fork: threads that were about something are not here.
void silt_os_after_fork(void);

// Any system call, as the kernel takes it: of the program's own.
long silt_os_enter(long number, long a, long b, long c, long d, long e, long f);

// In the place of a directory's descriptor: paths start at the current directory.
#define SILT_OS_HERE (-100)

// Never gives a descriptor below 3, and a high one if the process may have that. A program that has
// closed one of 0 to 2 may still write there, and the text would land in our file: what is opened
// for writing has none of these for a moment either.
int silt_os_open(const char *path, int flags, unsigned mode, int *fd);
int silt_os_open_at(int directory, const char *path, int flags, unsigned mode, int *fd);
void silt_os_close(int fd);
int silt_os_read(int fd, void *buffer, size_t size, size_t *got);  // one read; 0 bytes at the end
int silt_os_pwrite(int fd, const void *buffer, size_t size, uint64_t offset);  // all of it
int silt_os_truncate(int fd, uint64_t size);
// What a file lies on.
struct silt_os_file_system {
  uint32_t kind;  // its magic number, as in statfs(2); 0: not known
  uint64_t size;  // bytes; 0: not known, or no limit
  uint64_t used;  // bytes; UINT64_MAX: not known
};
#define SILT_OS_TMPFS 0x01021994u
#define SILT_OS_EXT4 0xef53u
struct silt_os_file_system silt_os_file_system(int fd);
// Whether anybody has the file open for writing, or mapped so, in whatever pid namespace. True if
// the kernel does not say. `fd` is open for reading.
bool silt_os_is_written(int fd);
// These two never follow a link.
int silt_os_status_at(int directory, const char *path, struct silt_os_status *status);
int silt_os_status(int fd, struct silt_os_status *status);
// Whether a descriptor, which the program may have closed and used for a file of its own since, is
// still open for the file that it was.
bool silt_os_is_file(int fd, const struct silt_os_status *file);
// Whether files may be made in a directory and removed from it, with the rights of this moment.
bool silt_os_may_write(int directory);
int silt_os_mkdir(const char *path, unsigned mode);
int silt_os_rmdir(const char *path);
// EEXIST if `to` is there.
int silt_os_rename_at(int directory, const char *from, const char *to);
int silt_os_unlink_at(int directory, const char *path);
int silt_os_readlink(const char *path, char *buffer, size_t size, size_t *got);
int silt_os_directory(char *buffer, size_t size);                  // the current one
int silt_os_list(int fd, void *buffer, size_t size, size_t *got);  // getdents64

// Reads a whole small file, such as those of /proc. The text ends with NUL and is cut at size - 1.
int silt_os_slurp(const char *path, char *buffer, size_t size, size_t *got);
// Of this process; 0: not known.
uint64_t silt_os_threads(void);
// One number of /proc/self/stat, or of another process's; fields are counted as in proc(5).
int silt_os_stat(unsigned field, uint64_t *value);
int silt_os_stat_of(uint32_t pid, unsigned field, uint64_t *value);

// Not locked, whatever mlockall the program has called: all of it would become resident.
int silt_os_map_shared(int fd, size_t size, void **address);
int silt_os_map_private(size_t size, void **address);
// The same in place of what is mapped there.
int silt_os_map_private_at(void *address, size_t size);
int silt_os_map_zeros_at(void *address, size_t size);  // read-only
// A few bytes, in fewer system calls: resident at once where mlockall has been called.
int silt_os_map_small(size_t size, void **address);
// Address space only: not one page of it can be touched, and none is charged. It counts as sparse.
int silt_os_map_reserve(size_t size, void **address);
// Makes pages of the process's own memory writable. The kernel charges them now, and may refuse.
int silt_os_make_writable(void *address, size_t size);
// After mlockall, what lies here is neither resident for that, nor counted as locked.
void silt_os_unlock(void *address, size_t size);
void silt_os_unmap(void *address, size_t size);
// Makes pages present and allocates their disk blocks, or says why not. Never a SIGBUS.
int silt_os_populate(void *address, size_t size);
// For what is touched here and there. Without read-ahead, with which the first touch of a sparse
// file costs milliseconds, and without huge pages: one touch would take, and clear, 2 MiB.
void silt_os_map_is_sparse(void *address, size_t size);
int silt_os_wipe_on_fork(void *address, size_t size);
// Makes whole pages of private memory zero again.
void silt_os_discard(void *address, size_t size);
// Whether the 8 bytes at `address`, which is a multiple of 8, can be read. Never faults. May make a
// page present, as a read would.
bool silt_os_readable(uint64_t address);

// Takes libc's own clock_gettime, which usually does not enter the kernel. Never pass what the
// plain symbol leads to: a clock of the program or of another preloaded library may lock or
// allocate. Without this call the clock is a system call.
typedef int silt_os_clock(int clock, struct timespec *);
void silt_os_use_clock(silt_os_clock *clock);
uint64_t silt_os_monotonic(void);  // ns
uint64_t silt_os_realtime(void);   // ns
uint64_t silt_os_cpu_time(void);   // ns, of all threads of the process; 0: not known
int silt_os_random(void *buffer, size_t size);
uint32_t silt_os_pid(void);
uint32_t silt_os_thread(void);
void silt_os_thread_name(char name[16]);  // unchanged if it is not known
uint32_t silt_os_uid(void);
// False while the process, for a moment or for good, acts with another user's rights than its own.
bool silt_os_is_one_user(void);
void silt_os_yield(void);                 // lets other threads run
void silt_os_rest(uint64_t nanoseconds);  // less than a second
bool silt_os_process_exists(uint32_t pid);
// The address of the handler that is installed for a signal; 0: default, 1: ignored.
int silt_os_signal_handler(int signal, uint64_t *handler);
// Blocks all signals of this thread, and puts the mask from before back. If the first fails, as it
// may under a filter of system calls, the second does nothing.
struct silt_os_signals {
  uint64_t before;
  bool known;
};
struct silt_os_signals silt_os_block_signals(void);
void silt_os_restore_signals(struct silt_os_signals signals);
uint64_t silt_os_file_size_limit(void);
// How much more writable memory the limits of the process allow; UINT64_MAX if they do not matter.
uint64_t silt_os_memory_room(void);

#endif
