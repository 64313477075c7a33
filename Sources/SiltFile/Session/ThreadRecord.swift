// SPDX-License-Identifier: Apache-2.0
//
// A thread as the shim recorded it: who made it, when, with how much stack. What it is doing, only the kernel
// knows.

/// A thread that was alive, and that pthread_create or thrd_create had made.
package struct ThreadRecord: Sendable, Hashable {
    /// Id of the stack that created it, in ``Session/stacks``.
    package var stack: UInt32
    /// Kernel thread id; nil: it had not run yet.
    package var thread: UInt32?
    /// Kernel thread id of the thread that created it.
    package var creator: UInt32
    /// Nanoseconds of CLOCK_MONOTONIC at its creation.
    package var time: UInt64
    /// Bytes of address space reserved for its stack; 0: not known.
    package var stackSize: UInt64
    /// `pthread_self()`, with glibc an address at the top of its stack; nil: it had not run yet.
    package var handle: UInt64?
    /// As the kernel shows it; nil: not known.
    package var name: String?

    package init(
        stack: UInt32, thread: UInt32?, creator: UInt32, time: UInt64, stackSize: UInt64,
        handle: UInt64? = nil, name: String? = nil
    ) {
        self.stack = stack
        self.thread = thread
        self.creator = creator
        self.time = time
        self.stackSize = stackSize
        self.handle = handle
        self.name = name
    }
}

extension Session {
    /// Threads of the process that nobody saw being created: from before the shim, or made by a bare system call.
    ///
    /// The first thread, which every process has, is not among them.
    ///
    /// - Parameter count: all threads as the kernel counts; nil: as the dump says.
    /// - Returns: nil if nobody counted.
    package func unknownThreads(ofCount count: UInt64? = nil) -> UInt64? {
        guard let all = count ?? header.dump?.threads else { return nil }
        return all - min(all, UInt64(threads.count) + 1)
    }
}
