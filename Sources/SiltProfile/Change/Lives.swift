// SPDX-License-Identifier: Apache-2.0
//
// At which snapshots of a process each of its sampled allocations was alive. A million allocations have few such lives, so
// that they are added up by life and site; a number of four bytes stands for each.

internal import SiltFile

/// The samples that one process had alive at any snapshot, added up by when that was.
struct Lives {
    /// Samples that were first seen in the session with this number, alive at the same snapshots.
    struct Group {
        var session: Int
        /// In order.
        var snapshots: [Int]
        var sums: LivingSums
    }

    private(set) var groups: [Group] = []

    /// - Parameter process: its sessions, each with the number of its snapshot, in order of these.
    /// - Complexity: O(n) for n samples that are in several sessions, and O(n · sessions) for those that are new in one.
    init(_ process: [(snapshot: Int, session: Session)]) {
        var spans = Spans()
        /// Of each life, the number of its snapshots among the spans.
        var span: [UInt32] = []
        var seen: [(births: Births?, lives: [UInt32])] = []
        /// The first life that began in each session.
        var firsts: [Int] = []
        for (number, (snapshot, session)) in process.enumerated() {
            firsts.append(span.count)
            var lives: [UInt32] = []
            lives.reserveCapacity(session.live.count)
            for sample in session.live {
                let known = Self.life(of: sample, in: &seen)
                // A file may have one allocation twice: the second counts for itself.
                if let known, let longer = spans.adding(snapshot, to: span[known]) {
                    span[known] = longer
                    lives.append(UInt32(clamping: known))
                } else {
                    lives.append(UInt32(clamping: span.count))
                    span.append(spans.one(snapshot))
                }
            }
            // Nothing is looked for in the last.
            seen.append((number + 1 < process.count ? Births(session.live) : nil, lives))
        }
        for (number, point) in process.enumerated() {
            var places: [UInt32: Int] = [:]
            for (sample, life) in zip(point.session.live, seen[number].lives) where life >= firsts[number] {
                let span = span[Int(life)]
                let place = places[span] ?? groups.count
                if place == groups.count {
                    places[span] = place
                    groups.append(
                        Group(
                            session: number, snapshots: spans.snapshots(of: span),
                            sums: LivingSums(in: point.session)))
                }
                groups[place].sums.add(sample)
            }
        }
    }

    /// The life of a sample that an earlier session has, the latest first.
    private static func life(of sample: LiveSample, in seen: inout [(births: Births?, lives: [UInt32])]) -> Int? {
        for index in seen.indices.reversed() {
            if let place = seen[index].births?.place(of: sample) { return Int(seen[index].lives[place]) }
        }
        return nil
    }

    /// The snapshots at which something can have been alive, by number.
    private struct Spans {
        private var lists = Interner<[Int]>()
        private var longer: [UInt64: UInt32] = [:]

        func snapshots(of number: UInt32) -> [Int] { lists.values[Int(number)] }

        mutating func one(_ snapshot: Int) -> UInt32 { UInt32(clamping: lists.index(of: [snapshot])) }

        /// Nil: the snapshot is in it.
        mutating func adding(_ snapshot: Int, to number: UInt32) -> UInt32? {
            let key = UInt64(number) << 32 | UInt64(UInt32(clamping: snapshot))
            if let known = longer[key] { return known }
            let list = snapshots(of: number)
            guard list.last != snapshot else { return nil }
            let added = UInt32(clamping: lists.index(of: list + [snapshot]))
            longer[key] = added
            return added
        }
    }
}
