// SPDX-License-Identifier: Apache-2.0
//
// Sessions become a thread profile: which code created the threads that are alive. Every creation is recorded, so its
// figures are exact. What the threads are doing, only the kernel knows; it is not asked here.

package import SiltFile
package import SiltSymbols

/// Threads alive, by the stack that created them.
package struct ThreadProfile: Sendable {
    /// One of them, and the process that it is in.
    package struct Member: Sendable, Hashable {
        package var pid: UInt32
        /// Kernel thread id; nil: it had not run yet.
        package var thread: UInt32?
        /// An address at the top of its stack, if known.
        package var handle: UInt64?
        package var name: String?
        package var age: Duration

        package init(pid: UInt32, thread: UInt32?, handle: UInt64? = nil, name: String? = nil, age: Duration) {
            self.pid = pid
            self.thread = thread
            self.handle = handle
            self.name = name
            self.age = age
        }
    }

    /// A sample for each creating stack, of kinds ``Profile/Kind/threads`` and ``Profile/Kind/stackSpace``: address
    /// space reserved, not memory used. Ages count each thread once.
    package var profile: Profile
    /// Of each of the profile's samples its threads, oldest first.
    package var members: [[Member]]
    /// Threads of which no creation was recorded, without the first of each process; nil if the kernel's count is not
    /// known.
    package var unknown: UInt64?
    /// How many processes these are.
    package var processes: Int

    /// Threads alive whose creation was recorded.
    package var recorded: Int { members.reduce(0) { $0 + $1.count } }
    /// All of them; without the kernel's count, those that are known.
    package var total: UInt64 { UInt64(recorded + processes).addingSaturated(unknown ?? 0) }

    /// - Precondition: there are as many groups of members as samples, in their order.
    package init(profile: Profile, members: [[Member]], unknown: UInt64?, processes: Int) {
        precondition(profile.samples.count == members.count)
        self.profile = profile
        self.members = members
        self.unknown = unknown
        self.processes = processes
    }

    /// The threads of one or several processes.
    ///
    /// - Parameters:
    ///   - sessions: of different processes; of several dumps of one process only the latest counts.
    ///   - symbols: names the addresses.
    package init(_ sessions: [Session], symbols: any FrameSource, keepProcessesApart: Bool = false) {
        let (latest, _) = Profile.latestOfEachProcess(sessions)
        var builder = ProfileBuilder(kinds: [.threads, .stackSpace], keepProcessesApart: keepProcessesApart)
        let (count, space) = (builder.column(of: .threads), builder.column(of: .stackSpace))
        var members: [[Member]] = []
        for session in latest {
            var source = builder.source(session)
            let now = session.moment
            for record in session.threads {
                let row = builder.row(ofStack: record.stack, in: &source)
                builder.add(.exactly(1), in: count, row: row)
                builder.add(.exactly(Double(record.stackSize)), in: space, row: row)
                let age = elapsed(from: record.time, to: now)
                builder.addAge(Ages.Entry(age: age, weight: 1), row: row)
                if row == members.count { members.append([]) }
                members[row].append(
                    Member(
                        pid: session.header.pid, thread: record.thread, handle: record.handle, name: record.name,
                        age: age))
            }
        }
        // Every row has a thread, and so a sample in the order of the rows.
        profile = builder.profile(symbols: symbols)
        self.members = members.map { group in
            group.sorted { ($1.age, $0.pid, $0.thread ?? 0) < ($0.age, $1.pid, $1.thread ?? 0) }
        }
        profile.interval = 1
        profile.time = latest.map(\.realtime).max() ?? 0
        profile.notes = Note.onThreads(of: latest, symbols: symbols)
        processes = latest.count
        let counts = latest.map { $0.unknownThreads() }
        unknown = counts.contains(nil) ? nil : counts.compactMap { $0 }.reduce(0) { $0.addingSaturated($1) }
    }

    /// The same threads after a filter has changed their stacks or dropped some; their order stays.
    package func filtered<Failure: Error>(_ filter: (Profile) throws(Failure) -> Profile) throws(Failure) -> Self {
        // A filter may drop samples. Threads have no block size, so that field carries the number of each sample
        // through it.
        var numbered = profile
        for index in numbered.samples.indices { numbered.samples[index].blockSize = UInt64(index) }
        var result = self
        result.profile = try filter(numbered)
        result.members = result.profile.samples.map { members[Int($0.blockSize)] }
        for index in result.profile.samples.indices { result.profile.samples[index].blockSize = 0 }
        return result
    }
}

extension Estimate {
    /// A figure that is counted, not estimated.
    static func exactly(_ value: Double, samples: Int = 1) -> Estimate {
        Estimate(added: Sum(value: value, seen: value, variance: 0, samples: samples))
    }
}
