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
        guard let last = process.last else { return }
        var spans = Spans()
        /// Of each life, the number of its snapshots among the spans.
        var span: [UInt32] = []
        var seen: [(births: Births, lives: [UInt32])] = []
        /// The first life that began in each session.
        var firsts: [Int] = []
        for (snapshot, session) in process.dropLast() {
            firsts.append(span.count)
            spans.begin(snapshot)
            var lives: [UInt32] = []
            lives.reserveCapacity(session.live.count)
            span.reserveCapacity(span.count + session.live.count)
            for sample in session.live {
                let known = Self.life(of: sample, in: &seen)
                // A file may have one allocation twice: the second counts for itself.
                if let known, let longer = spans.longer(span[known]) {
                    span[known] = longer
                    lives.append(UInt32(clamping: known))
                } else {
                    lives.append(UInt32(clamping: span.count))
                    span.append(spans.new)
                }
            }
            seen.append((Births(session.live), lives))
        }
        // Nothing is looked for in the last: what is new there is one group.
        spans.begin(last.snapshot)
        var new = LivingSums(in: last.session)
        for sample in last.session.live {
            if let known = Self.life(of: sample, in: &seen), let longer = spans.longer(span[known]) {
                span[known] = longer
            } else {
                new.add(sample)
            }
        }
        for (number, point) in process.dropLast().enumerated() {
            var places = [Int?](repeating: nil, count: spans.count)
            for (sample, life) in zip(point.session.live, seen[number].lives) where life >= firsts[number] {
                let span = span[Int(life)]
                let place = places[Int(span)] ?? groups.count
                if place == groups.count {
                    places[Int(span)] = place
                    groups.append(
                        Group(
                            session: number, snapshots: spans.snapshots(of: span),
                            sums: LivingSums(in: point.session)))
                }
                groups[place].sums.add(sample)
            }
        }
        groups.append(Group(session: process.count - 1, snapshots: [last.snapshot], sums: new))
    }

    /// The life of a sample that an earlier session has, the latest first.
    private static func life(of sample: LiveSample, in seen: inout [(births: Births, lives: [UInt32])]) -> Int? {
        for index in seen.indices.reversed() {
            if let place = seen[index].births.place(of: sample) { return Int(seen[index].lives[place]) }
        }
        return nil
    }

    /// The snapshots at which something can have been alive, by number.
    private struct Spans {
        private var lists = Interner<[Int]>()
        private var snapshot = 0
        /// Of those that are known before the snapshot, the same and the snapshot; 0: not asked for yet.
        private var extended: [UInt32] = []
        /// The snapshot alone.
        private(set) var new: UInt32 = 0

        var count: Int { lists.count }

        func snapshots(of number: UInt32) -> [Int] { lists.values[Int(number)] }

        /// - Parameter snapshot: later than those before.
        mutating func begin(_ snapshot: Int) {
            self.snapshot = snapshot
            extended = Array(repeating: 0, count: count)
            new = UInt32(clamping: lists.index(of: [snapshot]))
        }

        /// Nil: the snapshot is in it.
        mutating func longer(_ number: UInt32) -> UInt32? {
            guard number < extended.count else { return nil }
            if extended[Int(number)] == 0 {
                extended[Int(number)] = UInt32(clamping: lists.index(of: snapshots(of: number) + [snapshot]))
            }
            return extended[Int(number)]
        }
    }
}
