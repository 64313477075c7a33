// SPDX-License-Identifier: Apache-2.0
//
// What a reader's dump keeps of its process's memory: written, read back, damaged, and missing.

import CSiltFormat
import TestSupport
import Testing

@testable import SiltFile
@testable import SiltHost

@Suite struct MemoryRecordsTests {
    private let pages: [UInt64: LivePages] = [
        0x5000: LivePages(resident: 4096, swapped: 0, shared: 1000, pinned: 77),
        0x9000: LivePages(resident: 0, swapped: 100, shared: 0, pinned: nil),
    ]
    /// Of the three blocks of the file.
    private var stored: PagesOfLiving { PagesOfLiving([pages[0x5000], nil, pages[0x9000]]) }
    private let figures: [MemoryFigure: UInt64] = [.resident: 5000, .inUse: 3000, .pinned: 1500, .unknown: 500]

    private func packed(_ pages: [UInt64: LivePages]?, version3: Bool = false) throws -> [UInt8] {
        var image = try SessionImage(bytes: SessionBytes.small.live(), path: "x")
        image.keep(pages, figures)
        return image.packed(as: image.dump(sequence: 1, process: nil))
    }

    private func place(_ kind: RegionKind, in bytes: [UInt8]) -> Int { bytes.place(ofElement: 0, in: kind) }

    @Test func whatWasFoundIsReadBack() throws {
        let session = try Session(bytes: try packed(pages), path: "x")
        #expect(session.pages == stored)
        #expect(session.figures == figures)
        #expect(session.live.map(\.address) == [0x5000, 0x7000, 0x9000])
        #expect(session.torn.total == 0 && session.damage.isEmpty)
    }

    @Test func whatNobodyCouldLookAtIsNotKept() throws {
        let session = try Session(bytes: try packed(nil), path: "x")
        #expect(session.pages == nil && session.figures == figures)
        for bytes in [SessionBytes.small.dump(), SessionBytes.small.live()] {
            let older = try Session(bytes: bytes, path: "x")
            #expect(older.pages == nil && older.figures.isEmpty)
        }
    }

    /// A dump of a dump that is packed again keeps it.
    @Test func itSurvivesBeingPackedAgain() throws {
        let image = try SessionImage(bytes: try packed(pages), path: "x")
        let again = try Session(bytes: image.packed(as: image.dump(sequence: 2, process: nil)), path: "x")
        #expect(again.pages == stored && again.figures == figures)
    }

    @Test func aChangedByteIsNoticed() throws {
        for kind in [RegionKind.pages, .allocator] {
            var bytes = try packed(pages)
            bytes[place(kind, in: bytes) + 8] ^= 1
            let session = try Session(bytes: bytes, path: "x")
            #expect(session.damage.map(\.region) == [kind])
            #expect(session.live.count == 3)
        }
    }

    /// Offset in the element of the first block, of 4096 bytes, and a value that cannot be.
    @Test(arguments: [(0, 4097), (8, 1), (16, 4097), (24, 8193), (0, UInt64.max - 1), (8, .max), (24, .max - 1)])
    func aFigureThatCannotBeIsLeftOut(offset: Int, value: UInt64) throws {
        var bytes = try packed(pages)
        bytes.store(value, at: place(.pages, in: bytes) + offset)
        bytes.seal()
        let session = try Session(bytes: bytes, path: "x")
        #expect(session.torn.pages == 1 && session.torn.total == 1)
        #expect(session.pages == PagesOfLiving([nil, nil, pages[0x9000]]))
        #expect(session.live.count == 3)
    }

    @Test func pagesThatBelongToNoBlockAreLeftOut() throws {
        var bytes = try packed(pages)
        for field in [8, 24] { bytes.store(UInt64(2), at: [UInt8].place(of: .pages, field)) }
        bytes.seal()
        let session = try Session(bytes: bytes, path: "x")
        #expect(session.pages == nil && session.torn.pages == 2)
    }

    @Test(arguments: [RegionKind.pages, .allocator])
    func aDescriptorThatNoWriterMakesIsRefused(kind: RegionKind) throws {
        let file = try packed(pages)
        let place = [UInt8].place(of: kind, 0)
        func with(_ value: UInt64, at field: Int) -> FileError? {
            var bytes = file
            bytes.store(value, at: place + field)
            do throws(FileError) {
                _ = try Session(bytes: bytes, path: "x")
                return nil
            } catch { return error }
        }
        #expect(
            with(99, at: 16)
                == .corrupt(
                    path: "x", field: "\(kind).element_size", offset: UInt64(place + 16), value: 99,
                    expected: "\(kind.elementSize)"))
        guard case .truncated = with(.max, at: 0) else {
            Issue.record("an offset behind the end was taken")
            return
        }
    }

    @Test func figuresOfUnknownKindsArePassedOver() throws {
        var bytes = try packed(pages)
        bytes.store(UInt32(9999), at: place(.allocator, in: bytes))
        bytes.seal()
        let session = try Session(bytes: bytes, path: "x")
        #expect(session.figures.count == figures.count - 1 && session.torn.total == 0)
    }

    @Test func anySingleByteMayChange() throws {
        var random = SplitMix(seed: .random(in: 0 ... .max))
        let file = try packed(pages)
        for kind in [RegionKind.pages, .allocator] {
            let start = place(kind, in: file)
            let count = file.load(UInt64.self, at: [UInt8].place(of: kind, 8)).map { Int($0) * kind.elementSize } ?? 0
            for _ in 0..<500 {
                var bytes = file
                bytes[start + Int(random.next() % UInt64(count))] = UInt8(truncatingIfNeeded: random.next())
                bytes.seal()
                let session = try Session(bytes: bytes, path: "x")
                guard let pages = session.pages else { continue }
                #expect(pages.count == session.live.count)
                for case (let sample, let found?) in zip(session.live, pages) {
                    let size = sample.size
                    #expect(found.resident + found.swapped <= size && found.shared <= found.resident, "\(random)")
                }
            }
        }
    }
}
