// SPDX-License-Identifier: Apache-2.0
//
// The queue on disk: its order, its bounds, what a restart finds, and what it does without a disk.

#if Serve
    import SiltDriver
    import SiltHost
    import TestFixtures
    import TestSupport
    import Testing

    @testable import SiltServer

    @Suite struct OutboxTests {
        private let directory: TemporaryDirectory

        init() throws { directory = try TemporaryDirectory() }

        private func outbox(budget: UInt64 = 1 << 20) throws -> Outbox {
            try Outbox(folder: "\(directory.path)/queue", budget: budget)
        }

        private func drain(_ outbox: Outbox) -> [Parcel] {
            var parcels: [Parcel] = []
            while let parcel = outbox.next() {
                parcels.append(parcel)
                outbox.remove(parcel.id)
            }
            return parcels
        }

        @Test func theOldestGoesFirstAndTheLastOfAProcessBeforeAll() throws {
            let outbox = try outbox()
            for number: UInt64 in [3, 1, 2] { #expect(outbox.put(ParcelTests.parcel(number)) == []) }
            #expect(outbox.put(ParcelTests.parcel(9, isLast: true)) == [])
            #expect(outbox.count == 4)
            #expect(drain(outbox).map(\.time) == [9, 1, 2, 3].map { $0 * 1_000_000_000 })
            #expect(outbox.count == 0)
            #expect(try namesInDirectory(outbox.folder) == [])
        }

        @Test func aRestartFindsWhatWaits() throws {
            let first = try outbox()
            let parcels = [ParcelTests.parcel(1), ParcelTests.parcel(2), ParcelTests.parcel(5, isLast: true)]
            for parcel in parcels { _ = first.put(parcel) }
            first.remove(parcels[0].id)
            try directory.file("queue/half.parcel.77.tmp", "half")
            try directory.file("queue/README", "not ours")
            let second = try outbox()
            #expect(drain(second) == [parcels[2], parcels[1]])
            #expect(try namesInDirectory(second.folder) == ["README"])
        }

        @Test func theSameParcelIsThereOnce() throws {
            let outbox = try outbox()
            _ = outbox.put(ParcelTests.parcel(1))
            _ = outbox.put(ParcelTests.parcel(1, at: 4))
            #expect(outbox.count == 1)
            #expect(try namesInDirectory(outbox.folder).count == 1)
        }

        @Test func theOldestMakeRoomButNotTheLastOfAProcess() throws {
            let size = UInt64(ParcelTests.parcel(1, bytes: 1000).file.count)
            let outbox = try outbox(budget: size * 3 + 10)
            _ = outbox.put(ParcelTests.parcel(1, isLast: true, bytes: 1000))
            for number: UInt64 in 2...3 { _ = outbox.put(ParcelTests.parcel(number, bytes: 1000)) }
            #expect(outbox.put(ParcelTests.parcel(4, bytes: 1000)).map(\.time) == [2_000_000_000])
            #expect(outbox.bytes <= outbox.budget)
            #expect(try namesInDirectory(outbox.folder).count == 3)
            #expect(drain(outbox).map(\.time) == [1, 3, 4].map { $0 * 1_000_000_000 })
        }

        @Test func whatIsTooLargeIsDroppedAlone() throws {
            let outbox = try outbox(budget: 1000)
            _ = outbox.put(ParcelTests.parcel(1, isLast: true))
            #expect(outbox.put(ParcelTests.parcel(2, bytes: 2000)).map(\.time) == [2_000_000_000])
            #expect(outbox.count == 1)
        }

        @Test func withoutADiskParcelsWaitInMemoryAFew() throws {
            let outbox = try outbox()
            removeDirectory(outbox.folder)
            let dropped = (1...20).flatMap { outbox.put(ParcelTests.parcel($0)) }
            #expect(dropped.count == 12)
            #expect(drain(outbox).map(\.time) == (13...20).map { $0 * 1_000_000_000 })
        }

        @Test(.enabled(if: SmallDisk.isPermitted, "this user may not mount a disk to fill"))
        func onAFullDiskNothingIsLostThatIsTakenNow() throws {
            let disk = try SmallDisk(in: directory)
            let outbox = try Outbox(folder: "\(disk.path)/queue", budget: 1 << 20)
            for number: UInt64 in 1...6 { #expect(outbox.put(ParcelTests.parcel(number, bytes: 20_000)) == []) }
            #expect(try namesInDirectory(outbox.folder).count < 6)
            #expect(drain(outbox).map(\.time) == (1...6).map { $0 * 1_000_000_000 })
            #expect(try namesInDirectory(outbox.folder) == [])
        }

        @Test(.enabled(if: SmallDisk.isPermitted, "this user may not mount a disk to fill"))
        func onAFullDiskTheOldestMakeRoomForWhatAKilledProcessHasLeft() throws {
            let disk = try SmallDisk(in: directory)
            let outbox = try Outbox(folder: "\(disk.path)/queue", budget: 1 << 20)
            let dropped = (1...20).flatMap { outbox.put(ParcelTests.parcel($0, bytes: 20_000)) }
            #expect(!dropped.isEmpty && dropped.map(\.time) == (1...UInt64(dropped.count)).map { $0 * 1_000_000_000 })
            #expect(outbox.put(ParcelTests.parcel(99, isLast: true, bytes: 20_000)).count == 1)
            let left = drain(outbox).map { $0.time / 1_000_000_000 }
            #expect(left == [99] + Array(UInt64(dropped.count + 2)...20))
        }

        @Test func damagedFilesAreForgotten() throws {
            let first = try outbox()
            for number: UInt64 in 1...3 { _ = first.put(ParcelTests.parcel(number)) }
            let names = try namesInDirectory(first.folder)
            try directory.file("queue/\(names[0])", "silt-parcel 1\nid nonsense\n")
            try directory.file("queue/\(names[1])", ParcelTests.parcel(7).file)
            #expect(drain(try outbox()) == [ParcelTests.parcel(3)])
        }

        @Test func aFolderOfOthersIsRefused() throws {
            try directory.link("linked", to: directory.path)
            #expect(throws: Failure.self) { _ = try Outbox(folder: "\(directory.path)/linked", budget: 1) }
            #expect(throws: Failure.self) { _ = try Outbox(folder: "/tmp", budget: 1) }
            #expect(throws: Failure.self) { _ = try Outbox(folder: "\(directory.path)/no/where", budget: 1) }
        }
    }
#endif
