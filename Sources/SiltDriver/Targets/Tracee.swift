// SPDX-License-Identifier: Apache-2.0
//
// Running processes whose threads are stopped for a moment to read their stacks. A person is told before it happens,
// and if the kernel refuses, what would help.

package import SiltFile
import SiltHost
import SiltTrace

/// A process to look into.
package struct Tracee: Sendable {
    package var pid: UInt32
    /// What Silt recorded of it, if it runs under Silt.
    package var session: Session?
}

extension Driver {
    /// The running processes that targets name; a pid need not be profiled.
    ///
    /// - Throws: ``Failure`` if a target names no session or several, a dump, or what no longer runs.
    package func tracees(_ targets: [String]) throws(Failure) -> [Tracee] {
        var result: [Tracee] = []
        for target in targets {
            // A session that is left of an earlier process with this pid says nothing of the one that has it now.
            if let pid = UInt32(target), !catalog.all(matching: target).contains(where: { $0.status == .running }) {
                result.append(Tracee(pid: pid, session: nil))
                continue
            }
            for snapshot in try snapshots([target]) {
                let header = snapshot.session.header
                guard header.kind == .live else {
                    throw .use("\(target) is a dump: --stacks looks into running processes; name a pid or a program")
                }
                guard snapshot.process != nil else { throw .input("\(target): process \(header.pid) is not running") }
                result.append(Tracee(pid: header.pid, session: snapshot.session))
            }
        }
        return result
    }

    /// What the threads of a process do, and then where they are: each thread is stopped for a moment.
    ///
    /// - Throws: ``Failure`` if there is no such process, or it must not be traced.
    func stacks(of tracee: Tracee) throws(Failure) -> (stacks: ProcessStacks, facts: [UInt32: ThreadFacts]) {
        do {
            let reader = try StackReader(pid: tracee.pid)
            let facts = ProcessTable().threads(of: tracee.pid)
            let threads = facts.count == 1 ? "its thread" : "each of \(facts.count) threads"
            reporter.note("process \(tracee.pid): stopping \(threads) for a moment to read its stack")
            return (try reader.stacks(of: Array(facts.keys)), facts)
        } catch {
            throw Failure(error)
        }
    }
}

extension Failure {
    fileprivate init(_ error: StackReaderError) {
        switch error {
        case .noProcess(let pid): self = .input("no process \(pid)")
        case .traced(let pid, let tracer):
            self = .input("process \(pid) is already traced by process \(tracer), a debugger: end that first")
        case .refused(let pid):
            let advice = Self.advice(restriction: ProcessTable().traceRestriction, isRoot: effectiveUser() == 0)
            self = .input("process \(pid) cannot be traced by this user: \(advice)")
        }
    }

    /// What gives the right to trace.
    ///
    /// - Parameter restriction: the value of kernel.yama.ptrace_scope.
    static func advice(restriction: UInt64?, isRoot: Bool) -> String {
        let container = "in a container, give it the capability SYS_PTRACE (docker run --cap-add SYS_PTRACE)"
        switch restriction {
        case 3: return "kernel.yama.ptrace_scope is 3, which forbids it to everybody until the next boot"
        case 2: return "kernel.yama.ptrace_scope is 2: run silt as root; \(container)"
        case 1: return "kernel.yama.ptrace_scope is 1: run silt as root, or set it to 0 with sysctl; \(container)"
        default:
            return isRoot
                ? "this root lacks the capability SYS_PTRACE; \(container)"
                : "run silt as the process's user, or as root; \(container)"
        }
    }
}
