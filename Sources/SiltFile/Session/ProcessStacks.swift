// SPDX-License-Identifier: Apache-2.0
//
// Where the threads of a running process were, as values: modules and stacks, without names. Whoever stopped the
// threads to see that fills it in.

/// The stacks that the threads of a process had, each at its own moment.
package struct ProcessStacks: Sendable {
    /// Why a thread is not among them.
    package enum Omission: String, Sendable, CaseIterable {
        /// It did not stop soon: it waits for a device, or for a child of vfork.
        case didNotStop
        /// A debugger has it.
        case traced
    }

    package var pid: UInt32
    /// The program's name as the kernel shows it.
    package var comm: String
    /// Path of the executable; empty if not known.
    package var exe: String
    package var modules: [Module]
    /// By kernel thread id. Threads that ended meanwhile are left out.
    package var stacks: [UInt32: Stack]
    package var omitted: [Omission: Int]
    /// The longest that any thread was held.
    package var longestPause: Duration
    /// Nanoseconds since 1970 when the first thread was held.
    package var realtime: UInt64

    package init(
        pid: UInt32, comm: String, exe: String, modules: [Module], stacks: [UInt32: Stack] = [:],
        omitted: [Omission: Int] = [:], longestPause: Duration = .zero, realtime: UInt64 = 0
    ) {
        self.pid = pid
        self.comm = comm
        self.exe = exe
        self.modules = modules
        self.stacks = stacks
        self.omitted = omitted
        self.longestPause = longestPause
        self.realtime = realtime
    }
}
