// SPDX-License-Identifier: Apache-2.0
//
// Reads the stacks of a running process: one thread after the other is held, copied and released; the copies are
// unwound later. Never more than one thread is held, and none longer than copying takes.

import CTrace
import Glibc
package import SiltFile
import SiltHost

/// Why the stacks of a process cannot be read.
package enum StackReaderError: Error, Hashable, Sendable {
    case noProcess(UInt32)
    /// This user may not trace it.
    case refused(UInt32)
    /// Another process, a debugger, traces it already.
    case traced(UInt32, by: UInt32)
}

/// Reads the stacks that the threads of a process have now.
package struct StackReader {
    /// Threads that are copied before the first of them is unwound; their copies take 8 MiB.
    private static let batch = 32

    private let process: ProcessStacks
    private let modules: [LoadedModule]
    private let layout: [MemoryMapping]
    private let memory: ProcessMemory
    private let table = ProcessTable()

    /// Reads the mappings and modules of a process. No thread is stopped yet.
    ///
    /// - Throws: ``StackReaderError``.
    package init(pid: UInt32) throws(StackReaderError) {
        guard let number = pid_t(exactly: pid), let facts = table.facts(of: pid), !facts.isZombie else {
            throw .noProcess(pid)
        }
        memory = ProcessMemory(pid: number)
        guard let layout = table.layout(of: pid) else { throw .refused(pid) }
        self.layout = layout
        modules = LoadedModule.all(in: layout, of: memory)
        process = ProcessStacks(
            pid: pid, comm: facts.comm, exe: facts.exe ?? "", modules: modules.map(\.module))
    }

    /// Stops one thread after the other and reads its stack.
    ///
    /// Use a reader only once: code that the process has loaded since ``init(pid:)`` is not known to it.
    ///
    /// - Parameter threads: kernel thread ids.
    /// - Throws: ``StackReaderError``; no thread stays stopped.
    package func stacks(of threads: [UInt32]) throws(StackReaderError) -> ProcessStacks {
        guard let unwinder = Unwinder(memory: memory, modules: modules, layout: layout) else { return process }
        var result = process
        result.realtime = Clock.realtime()
        var failure: StackReaderError?
        var rest = threads.sorted()[...]
        // Nanoseconds to wait for a thread; halved after each that did not stop, for thousands may hang in a dead file
        // server.
        var patience: UInt64 = 500_000_000
        var copies = (0..<Self.batch).map { _ in ThreadCopy(room: ThreadCopy.capacity) }
        while !rest.isEmpty, failure == nil {
            var ids: [UInt32] = []
            onUrgentThread {
                while failure == nil, ids.count < copies.count, let id = rest.popFirst() {
                    do throws(HeldThread.Failure) {
                        let thread = try HeldThread(pid_t(id), patience: patience)
                        if let registers = thread.registers() {
                            copies[ids.count].take(registers, memory: memory, layout: layout)
                            ids.append(id)
                        }
                        result.longestPause = max(result.longestPause, .nanoseconds(thread.release()))
                    } catch {
                        switch error {
                        case .ended: break
                        case .refused: failure = refusal(of: id, &result)
                        case .pending:
                            result.omitted[.didNotStop, default: 0] += 1
                            patience = max(patience / 2, 1_000_000)
                            return
                        }
                    }
                }
            }
            for (id, copy) in zip(ids, copies) { result.stacks[id] = unwinder.stack(of: copy) }
        }
        if let failure { throw failure }
        return result
    }

    /// Why a thread could not be held; nil if that is no error: it has ended, or it alone is traced.
    private func refusal(of thread: UInt32, _ result: inout ProcessStacks) -> StackReaderError? {
        guard let tracing = table.tracing(of: thread, in: process.pid), !tracing.hasEnded else { return nil }
        guard let tracer = tracing.tracer else { return .refused(process.pid) }
        if thread == process.pid { return .traced(process.pid, by: tracer) }
        result.omitted[.traced, default: 0] += 1
        return nil
    }
}

/// Runs `body` on a thread of its own. When that thread ends, the kernel releases every thread that it still holds. It
/// runs with real-time priority if that is allowed, so that no thread stays held while this one waits for a CPU.
private func onUrgentThread(_ body: () -> Void) {
    final class Work {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }
    withoutActuallyEscaping(body) { body in
        let work = Work(body)
        var thread = pthread_t()
        // Safe: `work` lives until the thread has been joined.
        let error = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                var priority = sched_param(sched_priority: 1)
                unsafe pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority)
                unsafe Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue().body()
                return nil
            }, Unmanaged.passUnretained(work).toOpaque())
        precondition(error == 0, "no thread can be made")
        pthread_join(thread, nil)
    }
}
