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
                        locations: stack.pcs.map { code.location(of: $0, epoch: stack.epoch, in: &lookup) },
                        truncated: Profile.Cut(running: stack.end), isGuessed: stack.guessed)
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
                    truncated: group.truncated, isGuessed: group.isGuessed, process: group.process)
            },
            processes: processes.map { Profile.Process(name: $0.comm, pid: $0.pid, exe: $0.exe) })
        profile.interval = 1
        profile.time = processes.map(\.realtime).max() ?? 0
        profile.notes = Self.notes(on: processes) + symbols.warnings.map(Note.told)
        self.init(profile: profile, members: sorted.map(\.value), unknown: nil, processes: processes.count)
    }

    private struct Group: Hashable {
        var process: Int
        var locations: [Int]
        var truncated: Profile.Cut?
        var isGuessed: Bool

        func precedes(_ other: Group) -> Bool {
            if process != other.process { return process < other.process }
            if locations != other.locations { return locations.lexicographicallyPrecedes(other.locations) }
            if isGuessed != other.isGuessed { return other.isGuessed }
            guard let truncated, let cut = other.truncated else { return truncated == nil && other.truncated != nil }
            return truncated < cut
        }
    }

    /// What was done to the threads, and which are missing.
    private static func notes(on processes: [ProcessStacks]) -> [Note] {
        processes.flatMap { process in
            let notes =
                [Note.threadsStopped(longestPause: process.longestPause)]
                + ProcessStacks.Omission.allCases.compactMap { omission in
                    process.omitted[omission].map { .threadsOmitted(omission, $0) }
                }
            return processes.count > 1 ? notes.map { .ofProcess(process.pid, $0) } : notes
        }
    }
}

extension Profile.Cut {
    /// Of a stack that was read from a running thread; nil: it is whole.
    fileprivate init?(running end: Stack.End) {
        switch end {
        case .complete: return nil
        case .depth: self = .tooDeepToBeSound
        case .unwind: self = .noUnwindInformation
        case .bounds: self = .largerThanItsCopy
        }
    }
}
