// SPDX-License-Identifier: Apache-2.0
//
// One thread of another process, held by ptrace(2) for the moment in which its registers and its stack are copied.
//
// PTRACE_SEIZE changes nothing that the process could notice but time: no signal is sent, one that arrives is passed
// on, and a process that is stopped stays stopped. The kernel lets go of every thread as soon as the thread that
// holds it ends, however that happens.

import CTrace
import Glibc
import SiltFile
import SiltHost

/// A thread that does not run until the value goes.
struct HeldThread: ~Copyable {
    /// Why a thread could not be held.
    enum Failure: Error, Hashable {
        /// It has ended, or is about to.
        case ended
        /// Not allowed, or somebody else traces it.
        case refused
        /// It did not stop soon, but will be held when it does: the calling thread must end, which lets go of it.
        case pending
    }

    let id: pid_t
    /// The signal that it was about to receive; 0: none.
    private let signal: Int32
    private let start: UInt64

    /// Microseconds between looks at it. Each is twice the last, or one who looks in real time might leave it none to
    /// stop in on the same CPU.
    private static let naps: ClosedRange<UInt32> = 20...200

    /// Stops a thread.
    ///
    /// - Parameter patience: nanoseconds to wait for it. It needs some microseconds of CPU time to stop, for which
    ///   there may be a queue.
    init(_ id: pid_t, patience: UInt64) throws(Failure) {
        guard silt_ptrace_seize(id) == 0 else { throw errno == ESRCH ? .ended : .refused }
        let deadline = Clock.monotonic() + patience
        // When it was last seen to run.
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

    /// Its registers; nil if it is just being killed, or of another word size.
    func registers() -> user_regs_struct? {
        var registers = user_regs_struct()
        // Safe: the pointer lives for the call, which fills in no more than the struct.
        return unsafe silt_ptrace_registers(id, &registers) == 0 ? registers : nil
    }

    /// Lets it go on, with the signal that it was about to receive.
    ///
    /// - Returns: nanoseconds for which it was held, at most.
    consuming func release() -> UInt64 {
        // It fails only for a thread that is being killed.
        _ = silt_ptrace_detach(id, signal)
        return Clock.monotonic() - start
    }
}
