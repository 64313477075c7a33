// SPDX-License-Identifier: Apache-2.0
//
// Reading while the other side writes: what was published in the right order is never seen to refer to nothing.

import Testing

@testable import SiltFile
@testable import SiltHost

@Suite struct RunningSessionTests {
    /// A session's file to which each read adds an allocation at a new place, as a busy process might.
    private final class BusyFile {
        private let finished: [UInt8]
        private(set) var bytes: [UInt8]
        private(set) var published = 0

        init() {
            var session = SessionBytes()
            for index in UInt64(0)..<20 {
                let stack = session.addStack([index, 1])
                let site = session.addSite(stack, size: 64, allocObjects: 1, freeObjects: 0)
                session.addLive(0x1000 + index, size: 64, time: index, site: site)
            }
            finished = session.live(slack: 0)
            bytes = finished
            // Word 0 and site 0 count as used from the start, and all slots of the live table do.
            for (region, used) in [(RegionKind.stacks, UInt64(1)), (.sites, 1)] {
                bytes.store(used, at: [UInt8].place(of: region, 24))
            }
            let table = bytes.place(ofElement: 0, in: .live)..<bytes.place(ofElement: 41, in: .live)
            bytes.replace(at: table.lowerBound, with: [UInt8](repeating: 0, count: table.count))
        }

        func read(_ offset: UInt64, _ count: Int) -> [UInt8] {
            publish()
            return Array(bytes.dropFirst(Int(offset)).prefix(count))
        }

        private func publish() {
            published += 1
            bytes.store(UInt64(1 + 4 * published), at: [UInt8].place(of: .stacks, 24))
            bytes.store(UInt64(1 + published), at: [UInt8].place(of: .sites, 24))
            let slot = finished.place(ofElement: 2 * published - 1, in: .live)
            bytes.replace(at: slot, with: Array(finished[slot..<slot + RegionKind.live.elementSize]))
        }
    }

    @Test func referencesAreNeverAheadOfTheCopy() throws {
        let file = BusyFile()
        let size = UInt64(file.bytes.count)
        let session = Session(try SessionImage(ByteSource(size: size, path: "x", read: file.read), path: "x"))
        #expect(file.published == 13)
        #expect(session.live.map(\.address) == [0x1000, 0x1001, 0x1002, 0x1003])
        #expect(Set(session.sites.keys) == [1, 2, 3, 4, 5, 6, 7])
        #expect(session.torn.total == 0)
    }
}
