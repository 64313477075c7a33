// SPDX-License-Identifier: Apache-2.0
//
// Mappings by the stack that made them, and what of them is resident.

import SiltAllocator
import SiltFile
import SiltProfile
import Testing

@testable import SiltHost

@Suite struct MappingProfileTests {
    private func record(_ addresses: Range<UInt64>, stack: UInt32, protection: UInt32 = 3) -> MappingRecord {
        MappingRecord(
            addresses: addresses, stack: stack, thread: 7, time: 104 * second, protection: protection, flags: 0x22)
    }

    /// Two pieces of one maker, a third of another, and a reservation.
    private func mappings(_ header: Header = header()) -> Session {
        var result = session(header, stacks: [1: [0x2000, 0x2100], 2: [0x3000]])
        result.mappings = [
            record(0x10_0000..<0x20_0000, stack: 1), record(0x20_0000..<0x28_0000, stack: 2),
            record(0x30_0000..<0x31_0000, stack: 1), record(0x100_0000..<0x900_0000, stack: 2, protection: 0),
        ]
        return result
    }

    @Test func bytesAndPiecesAreCountedByTheStackThatMappedThem() {
        let profile = Profile.mappings([mappings()], symbols: AddressNames())
        #expect(profile.leaves(.mappedSpace) == ["service+0x2000": 0x11_0000, "service+0x3000": 0x8_0000])
        #expect(profile.leaves(.mappedObjects) == ["service+0x2000": 2, "service+0x3000": 1])
        #expect(profile.total(kind: .reservedSpace).value == Double(0x800_0000))
        #expect(profile.interval == 1)
        #expect(profile.unknown[.mappedSpace] == Unknown.none)
        #expect(profile.notes == [.mappedSizes, .reservedSpace(Double(0x800_0000))])
        #expect(profile.samples[0].ages.oldest == .seconds(6))
    }

    @Test func whatAnAllocatorMappedForItselfIsTold() {
        var session = mappings()
        session.modules[0].path = "/usr/lib/libjemalloc.so.2"
        let profile = Profile.mappings([session], symbols: AddressNames())
        // Not what is only reserved.
        #expect(profile.notes.contains(.mappedByAllocators(["libjemalloc.so.2"], Double(0x19_0000))))
    }

    @Test func whatWasLostOrIsDamagedIsNotKnown() {
        var lossy = mappings()
        lossy.losses = [Loss(reason: .mappings, count: 2, bytes: 0x4000)]
        let profile = Profile.mappings([lossy], symbols: AddressNames())
        #expect(profile.unknown[.mappedSpace] == Unknown(above: 0x4000, below: 0x4000))
        #expect(profile.unknown[.mappedObjects] == Unknown(above: 2, below: 2))
        #expect(profile.notes.contains(.lost(.mappings, count: 2, bytes: 0x4000)))
        var torn = mappings()
        torn.torn.mappings = 1
        let damaged = Profile.mappings([torn], symbols: AddressNames())
        #expect(damaged.unknown[.mappedSpace] == Unknown(above: .infinity, below: .infinity))
        var older = mappings()
        older.mappings = nil
        let absent = Profile.mappings([older], symbols: AddressNames())
        #expect(absent.unknown[.mappedSpace] == Unknown(above: .infinity, below: .infinity))
        #expect(absent.notes.contains(.mappingsNotRecorded(path: older.path)))
    }

    /// Mappings say nothing of the heap, nor the other way round.
    @Test func theHeapIsNotLessKnownForThem() {
        var lossy = mappings()
        lossy.losses = [Loss(reason: .mappings, count: 2, bytes: 0x4000)]
        #expect(lossy.isEmpty)
        let heap = Profile.heap([lossy], symbols: AddressNames())
        #expect(heap.unknown[.inuseSpace] == Unknown.none)
        #expect(!heap.notes.contains(.lost(.mappings, count: 2, bytes: 0x4000)))
    }

    @Test func residentMemoryOfTheProgramsOwnMappingsIsNotUnknown() {
        let kernel = [
            MemoryMapping(
                addresses: 0x10_0000..<0x28_0000, path: "", isShared: false, isWritable: true, resident: 0x9_0000),
            MemoryMapping(
                addresses: 0x30_0000..<0x40_0000, path: "", isShared: false, isWritable: true, resident: 0x5000),
            MemoryMapping(
                addresses: 0x50_0000..<0x60_0000, path: "", isShared: false, isWritable: true, resident: 0x7000),
        ]
        let memory = ResidentMemory(
            mappings(), mappings: kernel,
            ranges: [
                MappedPages(range: 0, mapping: 0x10_0000, resident: 0x8_0000),
                MappedPages(range: 1, mapping: 0x10_0000, resident: 0x1_0000),
                MappedPages(range: 2, mapping: 0x30_0000, resident: 0x4000),
            ])
        #expect(memory.parts[.mapped] == 0x9_4000)
        #expect(memory.parts[.unknown] == 0x8000)
        #expect(memory.total == 0x9_C000)
        let profile = Profile.mapped(mappings(), in: memory, symbols: AddressNames())
        #expect(profile.leaves(.mappedResident) == ["service+0x2000": 0x8_4000, "service+0x3000": 0x1_0000])
    }

    /// The kernel joins the .bss of a library with anonymous memory that comes next.
    @Test func whatLiesRightBehindAFileIsTheFilesOnlyAsFarAsNothingElseIsKnown() {
        func memory(_ resident: UInt64, ranges: [MappedPages] = [], path: String = "/lib/a.so") -> ResidentMemory {
            ResidentMemory(
                mappings(),
                mappings: [
                    MemoryMapping(
                        addresses: 0xF_0000..<0x10_0000, path: path, isShared: false, isWritable: false,
                        resident: 0x1000),
                    MemoryMapping(
                        addresses: 0x10_0000..<0x8000_0000, path: "", isShared: false, isWritable: true,
                        resident: resident),
                ], ranges: ranges)
        }
        #expect(memory(0x3000).parts[.files] == 0x4000)
        let known = memory(0x9000, ranges: [MappedPages(range: 0, mapping: 0x10_0000, resident: 0x8000)])
        #expect(known.parts[.mapped] == 0x8000 && known.parts[.files] == 0x2000)
        let large = memory(100 << 20)
        #expect(large.parts[.files] == 0x1000 && large.parts[.unknown] == 100 << 20)
        // Private pages of these are no shared memory.
        #expect(memory(0, path: "/dev/zero").parts[.shared] == nil)
        #expect(memory(0, path: "/memfd:a").parts[.shared] == nil)
    }
}
