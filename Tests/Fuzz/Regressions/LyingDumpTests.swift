// SPDX-License-Identifier: Apache-2.0
//
// Dumps whose checks hold and whose content makes no sense: each lie that a person would think of, through a part of the
// questions, in turn. `make fuzz` tries what nobody thinks of.

import CSiltFormat
import SiltFile
import SiltHost
import TestFixtures
import Testing

@testable import FuzzTargets

@Suite struct LyingDumpTests {
    private let directory: TemporaryDirectory
    private let dump: [UInt8]
    private let layout: SessionLayout

    init() throws {
        directory = try TemporaryDirectory()
        dump = Array(try FuzzFolder.contents("\(FuzzFolder.corpus)/session/dump").dropFirst())
        layout = try #require(SessionLayout(dump))
    }

    /// Asks every fifth question of a file that is sealed again; nothing may trap or break a promise.
    private func ask(_ file: [UInt8], _ lie: String) {
        var input = [0] + file
        input.repairSession()
        let first = lie.utf8.reduce(0) { ($0 + Int($1)) % 5 }
        for choice in stride(from: first, to: 35, by: 5) {
            input[0] = UInt8(choice)
            #expect(throws: Never.self, "\(lie), question \(choice)") {
                try FuzzTarget.session.run(input, in: FuzzFolder(path: directory.path))
            }
        }
    }

    /// The dump with another value at one place, or in each element of a region.
    private func dump(_ value: UInt64, at offsets: [Int]) -> [UInt8] {
        var file = dump
        for offset in offsets where offset + 8 <= file.count { file.store(value, at: offset) }
        return file
    }

    private func descriptor(_ kind: silt_region_kind) -> Int {
        layout.descriptors.lowerBound + Int(kind.rawValue) * MemoryLayout<silt_region>.size
    }

    private static let kinds = (0..<SILT_REGION_COUNT.rawValue).map { silt_region_kind(rawValue: $0) }
    private static let extremes: [UInt64] = [0, 1, 1 << 31, 1 << 32, 1 << 62, 1 << 63, .max]

    /// The last question is theirs.
    @Test func mappingsThatMakeNoSense() throws {
        let file = Array(try FuzzFolder.contents("\(FuzzFolder.corpus)/session/mappings").dropFirst())
        let places = try #require(SessionLayout(file)).places(of: SILT_REGION_MAPPINGS, silt_mapping.self)
        #expect(places.count > 4)
        for field in stride(from: 0, to: MemoryLayout<silt_mapping>.size, by: 8) {
            for value in Self.extremes {
                for those in [places, Array(places.prefix(1)), Array(places.dropFirst(2).prefix(2))] {
                    var input = [35] + file
                    for place in those { input.store(value, at: 1 + place + field) }
                    input.repairSession()
                    #expect(throws: Never.self, "\(value) at \(field)") {
                        try FuzzTarget.session.run(input, in: FuzzFolder(path: directory.path))
                    }
                }
            }
        }
    }

    @Test func regionsThatLieOnOneAnother() {
        for one in Self.kinds.prefix(8) {
            for other in Self.kinds.prefix(8) where other != one {
                let place = descriptor(other)
                guard let offset = dump.load(UInt64.self, at: place) else { continue }
                ask(dump(offset, at: [descriptor(one)]), "\(one) lies on \(other)")
            }
        }
    }

    @Test func regionsInTheHeaderAndBehindTheEnd() {
        for kind in Self.kinds.prefix(8) {
            for offset in [0, 8, 4096, UInt64(dump.count) - 8, UInt64(dump.count)] + Self.extremes {
                ask(dump(offset, at: [descriptor(kind)]), "\(kind) at \(offset)")
            }
        }
    }

    /// Those that nothing reads yet, and those that this version does not know.
    @Test func regionsThatAreOptional() {
        for kind in Self.kinds.dropFirst(8) {
            for elementSize: UInt64 in [1, 8, 32, 1 << 31] {
                var file = dump(4096, at: [descriptor(kind)])
                let place = descriptor(kind)
                for (offset, value) in [(8, 16), (16, elementSize), (24, 16)] as [(Int, UInt64)] {
                    file.store(value, at: place + offset)
                }
                ask(file, "\(kind) of elements of \(elementSize)")
            }
        }
    }

    /// Words that lead to themselves, to each other, and past the end.
    @Test func stacksThatGoInCircles() {
        let words = layout.places(of: SILT_REGION_STACKS, UInt32.self)
        for step in [0, 1, -1, 2, 1 << 20] {
            var file = dump
            for (index, place) in words.enumerated() {
                let link = UInt32(truncatingIfNeeded: index + step) | SILT_WORD_LINK
                file.store(link, at: place)
            }
            ask(file, "each word leads \(step) on")
        }
    }

    @Test func timesThatRunBackwards() {
        let starts: [KeyPath<silt_header, UInt64>] = [
            \.start_realtime, \.start_monotonic, \.dump_realtime, \.dump_monotonic, \.pid_start_ticks,
        ]
        for start in starts.compactMap({ MemoryLayout<silt_header>.offset(of: $0) }) {
            for value in Self.extremes { ask(dump(value, at: [start]), "header at \(start) is \(value)") }
        }
        for value in Self.extremes {
            let times = layout.places(of: SILT_REGION_LIVE, silt_live.self).map { $0 + 16 }
            ask(dump(value, at: times), "everything was allocated at \(value)")
        }
    }

    /// Each eight bytes of a record, in all records at once.
    @Test func recordsOfExtremes() {
        for (kind, size) in [
            (SILT_REGION_SITES, MemoryLayout<silt_site>.size), (SILT_REGION_LIVE, MemoryLayout<silt_live>.size),
            (SILT_REGION_THREADS, MemoryLayout<silt_thread_record>.size),
            (SILT_REGION_RING, MemoryLayout<silt_event>.size), (SILT_REGION_MODULES, MemoryLayout<silt_module>.size),
            (SILT_REGION_FRAMES, MemoryLayout<UInt64>.size),
        ] {
            guard let region = layout.regions.first(where: { $0.kind == kind.rawValue }) else { continue }
            for field in stride(from: 0, to: size, by: 8) {
                for value in Self.extremes.suffix(3) {
                    ask(dump(value, at: region.places.map { $0 + field }), "\(kind) + \(field) is \(value)")
                }
            }
        }
    }

    /// Intervals, counters of losses and tiers, names without an end.
    @Test func headersOfExtremes() {
        for place in stride(from: 88, to: layout.descriptors.lowerBound, by: 8) where place % 72 == 16 {
            for value in Self.extremes.suffix(3) { ask(dump(value, at: [place]), "header at \(place) is \(value)") }
        }
    }
}
