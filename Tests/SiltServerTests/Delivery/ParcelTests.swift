// SPDX-License-Identifier: Apache-2.0
//
// Parcels as files, and their ids.

#if Serve
    import TestSupport
    import Testing

    @testable import SiltServer

    @Suite struct ParcelTests {
        static func parcel(
            _ number: UInt64, at second: UInt64? = nil, isLast: Bool = false, bytes: Int = 100
        ) -> Parcel {
            Parcel(
                id: ParcelID(of: ["\(number)"]), time: (second ?? number) * 1_000_000_000, isLast: isLast,
                labels: [
                    Parcel.Label(name: "__name__", value: "memory"), Parcel.Label(name: "service_name", value: "shop"),
                    Parcel.Label(name: "host", value: "web 1"),
                ], content: (0..<bytes).map { UInt8(truncatingIfNeeded: $0) })
        }

        @Test func aFileKeepsTheParcel() {
            for parcel in [Self.parcel(1), Self.parcel(2, isLast: true, bytes: 5000)] {
                #expect(Parcel(file: parcel.file) == parcel)
            }
        }

        @Test func aFileThatIsCutIsNoParcel() {
            let file = Self.parcel(1).file
            for count in file.indices { #expect(Parcel(file: Array(file.prefix(count))) == nil) }
            #expect(Parcel(file: file + [0]) == nil)
        }

        @Test func damagedFilesAreNoParcels() {
            var random = SplitMix(seed: 11)
            let file = Self.parcel(1).file
            for _ in 0..<2000 {
                var damaged = file
                damaged[Int.random(in: 0..<80, using: &random)] = .random(in: 0...255, using: &random)
                if let parcel = Parcel(file: damaged) { #expect(parcel.content.count >= 100) }
            }
        }

        @Test func aValueStaysInItsLine() {
            var parcel = Self.parcel(1)
            parcel = Parcel(
                id: parcel.id, time: 1, labels: [Parcel.Label(name: "a", value: "x\nlast true\n\u{1b}[2J")],
                content: [1])
            #expect(Parcel(file: parcel.file) == parcel)
            #expect(!parcel.labels[0].value.contains("\n"))
            let long = Parcel(
                id: parcel.id, time: 1, labels: [Parcel.Label(name: "a", value: String(repeating: "é", count: 5000))],
                content: [1])
            #expect(long.labels[0].value.utf8.count == 2048)
        }

        @Test func anIdIsAUUIDOfItsParts() {
            #expect("\(ParcelID(of: ["a", "b"]))" == "\(ParcelID(of: ["a", "b"]))")
            #expect(ParcelID(of: ["a", "b"]) != ParcelID(of: ["ab", ""]))
            #expect(Set((0..<1000).map { ParcelID(of: ["\($0)"]) }).count == 1000)
            for id in [ParcelID.random(), ParcelID(of: ["x"])] {
                let text = "\(id)"
                #expect(
                    text.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
                #expect(ParcelID(text) == id)
                #expect(id.bytes.count == 16)
            }
            #expect(ParcelID("../../etc/passwd") == nil)
            #expect(ParcelID("ffffffff-ffff-ffff-ffff-ffffffffffff") == nil)
        }
    }
#endif
