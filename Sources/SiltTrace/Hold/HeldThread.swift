// SPDX-License-Identifier: Apache-2.0
//
// One thread of another process, held by ptrace(2) while its registers and its stack are copied. It must never leave a
// thread stopped: the kernel releases all held threads when the thread that holds them ends, also by SIGKILL.
//
// With PTRACE_SEIZE the process notices nothing but the lost time, and EINTR of calls that the kernel cannot restart:
// no signal is sent, a signal that arrives is passed on, and a process that was stopped stays stopped.

import CTrace
import Glibc
import SiltFile
import SiltHost

/// A thread that does not run until ``release()``.
struct HeldThread: ~Copyable {
    /// Why a thread could not be held.
    enum Failure: Error, Hashable {
        /// It has ended, or is about to.
        case ended
        /// Not allowed, or another process traces it.
        case refused
        /// It has not stopped in time and will be held once it does: the calling thread must end, which releases it.
        case pending
    }

    let id: pid_t
    /// The signal that it was about to receive; 0: none.
    private let signal: Int32
    private let start: UInt64

    /// Microseconds to sleep between two checks; doubled each time. Short sleeps of a thread in real time could
    /// otherwise leave no CPU time in which the other thread stops.
    private static let naps: ClosedRange<UInt32> = 20...200

    /// Stops a thread.
    ///
    /// - Parameter patience: nanoseconds to wait for it. To stop it needs some microseconds of CPU time, for which it
    ///   may have to wait.
    /// - Throws: ``Failure``.
    init(_ id: pid_t, patience: UInt64) throws(Failure) {
        guard silt_ptrace_seize(id) == 0 else { throw errno == ESRCH ? .ended : .refused }
        let deadline = Clock.monotonic() + patience
        // The last moment at which it may still have run.
        var start = Clock.monotonic()
        guard silt_ptrace_interrupt(id) == 0 else { throw .ended }
        var status: Int32 = 0
        var nap = Self.naps.lowerBound
        while true {
            let now = Clock.monotonic()
            // Safe: the pointer lives for the call.
            let waited = unsafe waitpid(id, &status, WNOHANG | __WALL)
            if waited == id { break }
            if waited < 0 && errno != EINTR { throw .ended }
            if now > deadline { throw .pending }
            start = now
            usleep(nap)
            nap = min(nap * 2, Self.naps.upperBound)
        }
        guard status & 0xff == 0x7f else { throw .ended }
        self.id = id
        self.start = start
        signal = status >> 16 == silt_event_stop ? 0 : (status >> 8) & 0xff
    }

    /// Its registers; nil if it is being killed, or has another word size.
    func registers() -> user_regs_struct? {
        var registers = user_regs_struct()
        // Safe: the pointer lives for the call, which fills in no more than the struct.
        return unsafe silt_ptrace_registers(id, &registers) == 0 ? registers : nil
    }

    /// Lets it run again, and delivers the signal that it was about to receive.
    ///
    /// - Returns: nanoseconds for which it was held, at most.
    consuming func release() -> UInt64 {
        // It fails only for a thread that is being killed.
        _ = silt_ptrace_detach(id, signal)
        return Clock.monotonic() - start
    }
}
