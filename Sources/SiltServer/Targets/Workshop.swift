// SPDX-License-Identifier: Apache-2.0
//
// Where everything is done that waits for files or takes a while: threads of its own, so that connections never wait for
// each other's work. It reads sessions as the commands do, with names from the book.

#if Serve
    import NIOCore
    import NIOPosix
    import SiltDriver
    import SiltFile
    import SiltHost
    import SiltProfile

    /// Reads targets; used by all requests.
    final class Workshop: Sendable {
        let list: TargetList
        let names: NameBook
        let baselines = Baselines()
        private let pool: NIOThreadPool
        private let scans = Rounds<Bool, Void>(longestRest: .seconds(5))
        private let snapshots = Rounds<Target.ID, Snapshot>()
        private let products = Rounds<String, [UInt8]>()
        private let renewals = Rounds<String, [UInt8]?>()
        private let kept = KeptValues<[UInt8]>(room: 64 << 20) { $0.count }

        /// The most bytes of records that are read of one session. What `silt run --interval 1` records may be more.
        static let mostBytes: UInt64 = 256 << 20
        /// The most frames of all its stacks together: a hostile file can claim far more in a few bytes.
        static let mostFrames = 1 << 23

        /// More processes than a list is made of while somebody waits.
        private static let many = 100
        private static let oldestList = Duration.seconds(30)

        /// - Parameter threads: how many pieces of work are under way at a time.
        init(list: TargetList, names: NameBook, threads: Int = 2) {
            self.list = list
            self.names = names
            pool = NIOThreadPool(numberOfThreads: threads)
            pool.start()
        }

        func close() async { try? await pool.shutdownGracefully() }

        /// Runs what may wait.
        func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
            try await pool.runIfActive(work)
        }

        /// The processes that there are now. Where they are so many that looking takes a while, as of some seconds ago, and
        /// somebody looks again.
        func targets() async throws -> [Target] {
            let scan = { @Sendable in
                try await self.scans.value(for: true) { try await self.run { self.list.scan() } }
            }
            let (known, time) = list.latest
            if known.count >= Self.many, ContinuousClock.now - time < Self.oldestList {
                Task { try await scan() }
                return known
            }
            try await scan()
            return list.targets
        }

        /// A session as it is now.
        ///
        /// - Throws: ``Failure`` if it cannot be read.
        func snapshot(of target: Target) async throws -> Snapshot {
            try await snapshots.value(for: target.id) { try await self.run { try self.read(target) } }
        }

        /// Bytes made of a session as it is now; the same for all who ask for them at the same time.
        ///
        /// - Parameters:
        ///   - name: what is made, the same name for the same bytes.
        ///   - renew: of a process that runs, makes new bytes of those of before, if nothing was recorded since; nil: they
        ///     are always made anew.
        ///   - make: called on a thread that may wait.
        /// - Throws: ``Failure`` if the session cannot be read, and what `make` throws.
        func product(
            _ name: String, of target: Target, renew: (@Sendable ([UInt8]) -> [UInt8])? = nil,
            _ make: @escaping @Sendable (Snapshot, Names) throws -> [UInt8]
        ) async throws -> [UInt8] {
            let key = "\(target.id) \(name)"
            if let renew {
                // Does not rest for what it has cost to make them.
                let renewed = try await renewals.value(for: key) {
                    try await self.run {
                        self.kept.value(key, of: target).map { target.isRunning ? renew($0) : $0 }
                    }
                }
                if let renewed { return renewed }
            }
            return try await products.value(for: key) {
                try await self.run {
                    let makeNew = { try make(try self.read(target), self.names(for: target)) }
                    guard let renew else { return try makeNew() }
                    let (bytes, isNew) = try self.kept.value(key, of: target, makeNew)
                    return isNew || !target.isRunning ? bytes : renew(bytes)
                }
            }
        }

        /// Bytes made of nothing but what `make` reads itself.
        func product(_ name: String, _ make: @escaping @Sendable () async throws -> [UInt8]) async throws -> [UInt8] {
            try await products.value(for: name, make)
        }

        func names(for target: Target) -> Names { names.names(roots: target.root.map { [$0] } ?? []) }

        /// What a file holds, as far as it is read of any target.
        ///
        /// - Throws: ``FileError`` if it is gone or makes no sense.
        static func session(contentsOf path: String) throws(FileError) -> Session {
            try Session(contentsOf: path, limit: mostBytes, mostFrames: mostFrames)
        }

        /// Reads a session on the calling thread.
        ///
        /// - Parameter processes: as ``Snapshot`` takes them.
        /// - Throws: ``Failure`` if its file is gone or makes no sense.
        func read(_ target: Target, processes: ProcessTable = ProcessTable()) throws(Failure) -> Snapshot {
            try Snapshot(
                path: target.path, limit: Self.mostBytes, mostFrames: Self.mostFrames, processes: processes)
        }
    }
#endif
