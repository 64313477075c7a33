// SPDX-License-Identifier: Apache-2.0
//
// The stacks that threads have now become a thread profile: a sample for each different stack, a count for each
// thread in it.

package import SiltFile
package import SiltSymbols

extension ThreadProfile {
    /// Where the threads of one or several processes are.
    ///
    /// - Parameter symbols: names the addresses.
    package init(current processes: [ProcessStacks], symbols: any FrameSource) {
        var code = CodeTable()
        var groups: [Group: [Member]] = [:]
        for (index, process) in processes.enumerated() {
            var lookup = code.lookup(of: process.modules, executable: process.exe)
            var known: [Stack: Group] = [:]
            for (thread, stack) in process.stacks.sorted(by: { $0.key < $1.key }) {
                let group =
                    known[stack]
                    ?? Group(
                        process: index,
                        locations: stack.resolved(in: process.modules).frames.map {
                            code.location(of: $0, in: &lookup)
                        },
                        truncated: stack.end.reason)
                known[stack] = group
                groups[group, default: []].append(Member(pid: process.pid, thread: thread, age: .zero))
            }
        }
        let sorted = groups.sorted { $0.key.precedes($1.key) }
        let (mappings, locations) = code.resolved(by: symbols)
        var profile = Profile(
            kinds: [.threads], mappings: mappings, locations: locations,
            samples: sorted.map { group, members in
                Profile.Sample(
                    locations: group.locations, values: [.exactly(Double(members.count), samples: members.count)],
                    truncated: group.truncated,
                    process: group.process)
            },
            processes: processes.map { Profile.Process(name: $0.comm, pid: $0.pid, exe: $0.exe) })
        profile.interval = 1
        profile.time = processes.map(\.realtime).max() ?? 0
        profile.notes = Self.notes(on: processes) + symbols.warnings
        self.init(profile: profile, members: sorted.map(\.value), unknown: nil, processes: processes.count)
    }

    private struct Group: Hashable {
        var process: Int
        var locations: [Int]
        var truncated: String?

        func precedes(_ other: Group) -> Bool {
            if process != other.process { return process < other.process }
            if locations != other.locations { return locations.lexicographicallyPrecedes(other.locations) }
            return (truncated ?? "") < (other.truncated ?? "")
        }
    }

    /// What was done to the threads, and which are missing.
    private static func notes(on processes: [ProcessStacks]) -> [String] {
        processes.flatMap { process in
            let who = processes.count > 1 ? "process \(process.pid): " : ""
            let pause = Double((process.longestPause / .microseconds(1)).rounded(.up)) / 1000
            return ["\(who)each thread was stopped to be read, for \(pause) ms at most."]
                + ProcessStacks.Omission.allCases.compactMap { omission in
                    process.omitted[omission].map { "\(who)\(omission.sentence($0))" }
                }
        }
    }
}

extension ProcessStacks.Omission {
    fileprivate func sentence(_ count: Int) -> String {
        let threads = count == 1 ? "1 thread" : "\(count) threads"
        return switch self {
        case .didNotStop: "\(threads) could not be stopped, waiting for a device or a child of vfork: left out."
        case .traced: "\(threads) already traced by a debugger: left out."
        }
    }
}

extension Stack.End {
    /// Why a stack that was read from a running thread ends early; nil: it does not.
    fileprivate var reason: String? {
        switch self {
        case .complete: nil
        case .depth: "deeper than any sound stack"
        case .unwind: "no unwind information"
        case .bounds: "larger than what is copied of it"
        }
    }
}
