// SPDX-License-Identifier: Apache-2.0
//
// The parcels that wait for one server, each a file of its own in a folder: a server that is started again goes on where
// the last one ended. Bounded by bytes: the oldest go first. Its calls wait for the disk.

#if Serve
    import SiltDriver
    import SiltFile
    import SiltHost
    import Synchronization

    /// A queue on disk; used by several threads.
    final class Outbox: Sendable {
        /// A parcel that waits.
        struct Entry: Hashable, Sendable {
            var id: ParcelID
            var time: UInt64
            var isLast: Bool
            var bytes: UInt64

            /// Sorts by time.
            fileprivate var name: String {
                let digits = String(time)
                let padding = String(repeating: "0", count: 20 - digits.count)
                return "\(padding)\(digits)-\(isLast ? "last" : "next")-\(id).parcel"
            }

            /// Nil for the name of another file.
            fileprivate init?(name: String, bytes: UInt64) {
                guard name.hasSuffix(".parcel") else { return nil }
                let parts = name.dropLast(7).split(separator: "-", maxSplits: 2)
                guard parts.count == 3, let time = UInt64(parts[0]), let id = ParcelID(String(parts[2])) else {
                    return nil
                }
                self.init(id: id, time: time, isLast: parts[1] == "last", bytes: bytes)
            }

            fileprivate init(id: ParcelID, time: UInt64, isLast: Bool, bytes: UInt64) {
                (self.id, self.time, self.isLast, self.bytes) = (id, time, isLast, bytes)
            }
        }

        private struct State {
            /// Those that go first stand first.
            var entries: [Entry] = []
            /// Those for which the disk has no room.
            var inMemory: [ParcelID: Parcel] = [:]
        }

        let folder: String
        /// Bytes of all parcels together.
        let budget: UInt64
        /// Parcels without a place on the disk: so many, since memory is dear.
        private static let mostInMemory = 8

        private let state: Mutex<State>

        /// Finds what an earlier server has left.
        ///
        /// - Throws: ``Failure`` if this is no folder of this user alone, and none can be made.
        init(folder: String, budget: UInt64) throws(Failure) {
            self.folder = absolutePath(folder)
            self.budget = budget
            makeDirectory(self.folder)
            guard let status = try? FileStatus(ofPath: self.folder), Places.isPrivate(status, to: effectiveUser())
            else {
                throw .use("\(folder): is not a folder of this user alone; make it one with chmod 700")
            }
            var entries: [Entry] = []
            for name in (try? namesInDirectory(self.folder)) ?? [] {
                let path = "\(self.folder)/\(name)"
                guard let status = try? FileStatus(ofPath: path), status.kind == .regular else { continue }
                if let entry = Entry(name: name, bytes: status.size) { entries.append(entry) }
                // Of a server that ended while it wrote.
                if name.hasSuffix(".tmp") { removeFile(path) }
            }
            state = Mutex(State(entries: entries.sorted(by: Self.precedes)))
        }

        /// How many wait.
        var count: Int { state.withLock(\.entries.count) }
        /// What they take.
        var bytes: UInt64 { state.withLock { $0.entries.reduce(0) { $0 + $1.bytes } } }
        /// One that is the last of its process and was not tried yet; nil: there is none.
        func urgent(besides tried: Set<ParcelID>) -> ParcelID? {
            state.withLock { $0.entries.first { $0.isLast && !tried.contains($0.id) }?.id }
        }

        /// Lets a parcel go next.
        func prefer(_ id: ParcelID) {
            state.withLock { state in
                guard let index = state.entries.firstIndex(where: { $0.id == id }) else { return }
                state.entries.insert(state.entries.remove(at: index), at: 0)
            }
        }

        /// Takes a parcel in; one with the same id is replaced.
        ///
        /// - Returns: those that were dropped to make room; the parcel itself, if there is none.
        func put(_ parcel: Parcel) -> [Entry] {
            let entry = Entry(
                id: parcel.id, time: parcel.time, isLast: parcel.isLast, bytes: UInt64(parcel.file.count))
            return state.withLock { state in
                for known in state.entries where known.id == parcel.id { remove(known, in: &state) }
                var dropped: [Entry] = []
                while state.entries.reduce(entry.bytes, { $0 + $1.bytes }) > budget
                    || !keep(parcel, as: entry, in: &state)
                {
                    guard let oldest = Self.mostDispensable(state.entries), !oldest.isLast || entry.isLast else {
                        return dropped + [entry]
                    }
                    remove(oldest, in: &state)
                    dropped.append(oldest)
                }
                state.entries.append(entry)
                state.entries.sort(by: Self.precedes)
                return dropped
            }
        }

        /// Finds a place for a parcel: a full disk does not keep it from being sent now.
        ///
        /// - Returns: false: there is none.
        private func keep(_ parcel: Parcel, as entry: Entry, in state: inout State) -> Bool {
            if (try? replaceFile("\(folder)/\(entry.name)", with: parcel.file)) != nil { return true }
            guard state.inMemory.count < Self.mostInMemory else { return false }
            state.inMemory[parcel.id] = parcel
            return true
        }

        /// The parcel that goes next; nil: none waits. A file that cannot be read any more is forgotten.
        func next() -> Parcel? {
            state.withLock { state in
                while let entry = state.entries.first {
                    if let parcel = state.inMemory[entry.id] { return parcel }
                    let bytes = try? contentsOfFile("\(folder)/\(entry.name)", limit: Int(clamping: entry.bytes))
                    if let parcel = bytes.flatMap({ Parcel(file: $0) }), parcel.id == entry.id { return parcel }
                    remove(entry, in: &state)
                }
                return nil
            }
        }

        /// Forgets a parcel that was delivered or never will be.
        func remove(_ id: ParcelID) {
            state.withLock { state in
                for entry in state.entries where entry.id == id { remove(entry, in: &state) }
            }
        }

        private func remove(_ entry: Entry, in state: inout State) {
            if state.inMemory.removeValue(forKey: entry.id) == nil { removeFile("\(folder)/\(entry.name)") }
            state.entries.removeAll { $0 == entry }
        }

        /// What a killed process has left goes first, then the oldest.
        private static func precedes(_ a: Entry, _ b: Entry) -> Bool {
            if a.isLast != b.isLast { return a.isLast }
            return a.time == b.time ? "\(a.id)" < "\(b.id)" : a.time < b.time
        }

        /// The oldest, but the last ones of their processes only if there are no others.
        private static func mostDispensable(_ entries: [Entry]) -> Entry? {
            entries.first { !$0.isLast } ?? entries.first
        }
    }
#endif
