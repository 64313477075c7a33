// SPDX-License-Identifier: Apache-2.0
//
// Reads the stacks of a running process: one thread after the other is held, copied, released, and then unwound.
// Never is more than one thread held, and none longer than its copy takes.

import CUnwind
import Glibc
public import SiltFile

/// Why the threads of a process cannot be looked at.
public enum StackReaderError: Error, Hashable, Sendable {
    case noProcess(UInt32)
    /// Another user's, or the kernel's rules forbid it.
    case refused(UInt32)
    /// A debugger has it.
    case traced(UInt32, by: UInt32)
}

/// Reads the stacks that the threads of a process have now.
public struct StackReader {
    private let process: ProcessStacks
    private let modules: [LoadedModule]
    private let layout: [MemoryMapping]
    private let memory: ProcessMemory
    private let table = ProcessTable()

    /// Looks at a process; no thread is stopped yet.
    ///
    /// - Throws: ``StackReaderError``.
    public init(pid: UInt32) throws(StackReaderError) {
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
    /// A thread that began after this reader may be read worse; make one anew for each look.
    ///
    /// - Parameter threads: kernel thread ids.
    /// - Throws: ``StackReaderError``, before any thread has been stopped.
    public func stacks(of threads: [UInt32]) throws(StackReaderError) -> ProcessStacks {
        guard let unwinder = Unwinder(memory: memory, modules: modules, layout: layout) else {
            return process
        }
        var result = process
        result.realtime = Clock.realtime()
        var failure: StackReaderError?
        var rest = threads.sorted()[...]
        while !rest.isEmpty, failure == nil {
            onThreadOfItsOwn {
                while failure == nil, let id = rest.popFirst() {
                    do throws(HeldThread.Failure) {
                        try read(id, by: unwinder, &result)
                    } catch {
                        switch error {
                        case .ended: break
                        case .refused: failure = refusal(of: id, &result)
                        case .pending:
                            result.omitted[.didNotStop, default: 0] += 1
                            return
                        }
                    }
                }
            }
        }
        if let failure { throw failure }
        return result
    }

    private func read(
        _ id: UInt32, by unwinder: Unwinder, _ result: inout ProcessStacks
    ) throws(HeldThread.Failure) {
        let thread = try HeldThread(pid_t(id))
        let registers = thread.registers()
        if let registers { unwinder.copy(registers, layout: layout) }
        result.longestPause = max(result.longestPause, .nanoseconds(thread.release()))
        if registers != nil { result.stacks[id] = unwinder.stackOfCopy() }
    }

    /// Why a thread may not be held: nothing to speak of if it has ended.
    private func refusal(of thread: UInt32, _ result: inout ProcessStacks) -> StackReaderError? {
        guard let tracing = table.tracing(of: thread, in: process.pid), !tracing.hasEnded else { return nil }
        guard let tracer = tracing.tracer else { return .refused(process.pid) }
        if thread == process.pid { return .traced(process.pid, by: tracer) }
        result.omitted[.traced, default: 0] += 1
        return nil
    }
}

/// Runs something on a thread that ends with it: the kernel then lets go of all that it traces.
private func onThreadOfItsOwn(_ body: () -> Void) {
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
                unsafe Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue().body()
                return nil
            }, Unmanaged.passUnretained(work).toOpaque())
        precondition(error == 0, "no thread can be made")
        pthread_join(thread, nil)
    }
}
