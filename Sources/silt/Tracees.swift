// SPDX-License-Identifier: Apache-2.0
//
// Running processes whose threads are to be stopped for a moment: found by what a person names, told beforehand,
// refusals given words.

import SiltFile
import SiltHost
import SiltTrace

/// A process to look into.
struct Tracee {
    var pid: UInt32
    /// What Silt recorded of it, if it runs under Silt.
    var session: Session?

    /// What its threads do, and then where they are.
    ///
    /// - Throws: ``Failure`` in words.
    func stacks() throws(Failure) -> (stacks: ProcessStacks, facts: [UInt32: ThreadFacts]) {
        do {
            let reader = try StackReader(pid: pid)
            let facts = ProcessTable().threads(of: pid)
            let threads = facts.count == 1 ? "its thread" : "each of \(facts.count) threads"
            printError("silt: process \(pid): stopping \(threads) for a moment to read its stack")
            return (try reader.stacks(of: Array(facts.keys)), facts)
        } catch {
            throw Failure(error)
        }
    }
}

extension InputOptions {
    /// The running processes that targets name; a pid need not be profiled.
    ///
    /// - Throws: ``Failure`` in words.
    func tracees(_ targets: [String]) throws(Failure) -> [Tracee] {
        var result: [Tracee] = []
        for target in targets {
            if let pid = UInt32(target), place.catalog.all(matching: target).isEmpty {
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
}

extension Failure {
    fileprivate init(_ error: StackReaderError) {
        switch error {
        case .noProcess(let pid): self = .input("no process \(pid)")
        case .traced(let pid, let tracer):
            self = .input("process \(pid) is already traced by process \(tracer), a debugger: end that first")
        case .refused(let pid):
            self = .input("process \(pid) must not be traced by this user: \(Self.advice)")
        }
    }

    /// What gives the right to trace.
    private static var advice: String {
        let container = "in a container, give it the capability SYS_PTRACE (docker run --cap-add SYS_PTRACE)"
        switch ProcessTable().traceRestriction {
        case 3: return "kernel.yama.ptrace_scope is 3, which forbids it to everybody until the next boot"
        case 2: return "kernel.yama.ptrace_scope is 2: run silt as root; \(container)"
        case 1: return "kernel.yama.ptrace_scope is 1: run silt as root, or set it to 0 with sysctl; \(container)"
        default:
            return effectiveUser() == 0
                ? "this root lacks the capability SYS_PTRACE; \(container)"
                : "run silt as the process's user, or as root; \(container)"
        }
    }
}
