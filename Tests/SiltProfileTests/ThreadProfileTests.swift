// SPDX-License-Identifier: Apache-2.0
//
// Threads by the stack that created them, and resident memory by what it is for.

import SiltFile
import SiltProfile
import Testing

@testable import SiltHost

@Suite struct ThreadProfileTests {
    private func thread(
        _ id: UInt32, stack: UInt32, at time: UInt64, reserved: UInt64 = 1 << 20, handle: UInt64? = nil
    ) -> ThreadRecord {
        ThreadRecord(
            stack: stack, thread: id, creator: 7, time: time * second, stackSize: reserved,
            handle: handle)
    }

    /// Dumped at second 110; two threads made at 0x2000, one at 0x3000, which has no id yet.
    private func threads(_ header: Header = header(), count: UInt64? = 5) -> Session {
        var result = session(header, stacks: [1: [0x2000, 0x2100], 2: [0x3000]])
        result.threads = [thread(12, stack: 1, at: 108), thread(11, stack: 1, at: 101), thread(13, stack: 2, at: 109)]
        result.threads[2].thread = nil
        result.header.dump?.threads = count
        return result
    }

    @Test func threadsAreCountedByTheStackThatCreatedThem() {
        let profile = ThreadProfile([threads()], symbols: AddressNames())
        #expect(profile.profile.leaves(.threads) == ["service+0x2000": 2, "service+0x3000": 1])
        #expect(profile.profile.leaves(.stackSpace) == ["service+0x2000": 2_097_152, "service+0x3000": 1_048_576])
        #expect(profile.members.map { $0.map(\.thread) } == [[11, 12], [nil]])
        #expect(profile.profile.samples[0].ages.oldest == .seconds(9))
        #expect(profile.profile.samples[0].ages.median == .seconds(2))
    }

    @Test func theTotalIsTheKernelsAsFarAsItCounted() {
        let counted = ThreadProfile([threads()], symbols: AddressNames())
        #expect((counted.recorded, counted.unknown, counted.total) == (3, 1, 5))
        let uncounted = ThreadProfile([threads(count: nil)], symbols: AddressNames())
        #expect((uncounted.recorded, uncounted.unknown, uncounted.total) == (3, nil, 4))
    }

    @Test func aFilterKeepsEachGroupsThreads() {
        let all = ThreadProfile([threads()], symbols: AddressNames())
        let rest = all.filtered { profile in
            var result = profile
            result.samples.removeFirst()
            return result
        }
        #expect(rest.members.map { $0.map(\.age) } == [[.seconds(1)]])
        #expect(rest.profile.samples.map(\.blockSize) == [0])
    }

    @Test func lostThreadsAreTold() {
        var session = threads()
        session.losses = [Loss(reason: .threads, count: 2, bytes: 0), Loss(reason: .nested, count: 1, bytes: 9)]
        #expect(
            ThreadProfile([session], symbols: AddressNames()).profile.notes == [
                .lost(.threads, count: 2, bytes: 0)
            ])
    }

    // MARK: Where threads are

    private func stacks(_ pid: UInt32, bias: UInt64, _ stacks: [UInt32: Stack]) -> ProcessStacks {
        ProcessStacks(
            pid: pid, comm: "service", exe: "/bin/service", modules: [module("/bin/service", at: bias)],
            stacks: stacks.mapValues { stack in
                let pcs = stack.frames.map { if case .bare(let pc) = $0.place { pc + bias } else { UInt64(0) } }
                return Stack(pcs: pcs, end: stack.end)
            },
            longestPause: .nanoseconds(120_001), realtime: 9)
    }

    @Test func threadsInOneStackAreOneSample() {
        let current = ThreadProfile(
            current: [
                stacks(
                    7, bias: 0x40000,
                    [
                        9: Stack(pcs: [0x2000, 0x2100]), 7: Stack(pcs: [0x3000]), 8: Stack(pcs: [0x2000, 0x2100]),
                        10: Stack(pcs: [0x2000], end: .bounds),
                    ])
            ], symbols: AddressNames())
        #expect(current.profile.leaves(.threads) == ["service+0x2000": 3, "service+0x3000": 1])
        #expect(Set(current.members.map { $0.map(\.thread) }) == [[8, 9], [7], [10]])
        #expect(current.profile.samples.compactMap(\.truncated) == [.largerThanItsCopy])
        #expect(current.profile.time == 9)
        #expect(current.profile.notes == [.threadsStopped(longestPause: .nanoseconds(120_001))])
    }

    @Test func oneStackOfTwoProcessesIsOfTheSamePlaces() {
        var other = stacks(8, bias: 0x70000, [80: Stack(pcs: [0x2000])])
        other.omitted = [.didNotStop: 2, .traced: 1]
        let current = ThreadProfile(
            current: [stacks(7, bias: 0x40000, [70: Stack(pcs: [0x2000])]), other], symbols: AddressNames())
        #expect(Set(current.profile.samples.map(\.locations)).count == 1)
        #expect(current.members.map { $0.map(\.pid) } == [[7], [8]])
        #expect(
            current.profile.notes == [
                .ofProcess(7, .threadsStopped(longestPause: .nanoseconds(120_001))),
                .ofProcess(8, .threadsStopped(longestPause: .nanoseconds(120_001))),
                .ofProcess(8, .threadsOmitted(.didNotStop, 2)), .ofProcess(8, .threadsOmitted(.traced, 1)),
            ])
    }

    // MARK: Resident memory

    private func mapping(
        _ addresses: Range<UInt64>, _ path: String = "", resident: UInt64, shared: Bool = false
    ) -> MemoryMapping {
        MemoryMapping(addresses: addresses, path: path, isShared: shared, isWritable: true, resident: resident)
    }

    @Test func everyMappingIsInOnePartAndThePartsAddUp() {
        var session = threads()
        session.path = "/tmp/silt-0/service.7.live.silt"
        session.threads = [thread(11, stack: 1, at: 101, handle: 0x5_0ff0)]
        session.stacks[3] = Stack(pcs: [0x42000])
        session.sites = [1: site(stack: 3, samples: 1, bytes: 3000)]
        session.live = [live(0x3_0010, size: 3000)]
        let memory = ResidentMemory(
            session,
            mappings: [
                mapping(0x1_0000..<0x1_2000, "/bin/service", resident: 4096),
                mapping(0x1_2000..<0x1_3000, resident: 1024),  // its .bss
                mapping(0x2_0000..<0x2_8000, "[heap]", resident: 8192),
                mapping(0x3_0000..<0x3_8000, resident: 16384),  // an arena: it holds a sampled block
                mapping(0x4_0000..<0x4_8000, resident: 512),  // nobody's
                mapping(0x5_0000..<0x5_1000, resident: 2048),
                mapping(0x6_0000..<0x6_1000, "/dev/shm/queue", resident: 256, shared: true),
                mapping(0x7_0000..<0x7_1000, session.path, resident: 128, shared: true),
                mapping(0x8_0000..<0x8_1000, "[stack]", resident: 64),
                mapping(0x9_0000..<0x9_1000, resident: 32, shared: true),
            ])
        #expect(
            memory.parts == [
                .heapInUse: 3000, .allocator: 8192 + 16384 - 3000, .stacks: 2112, .files: 5120, .shared: 288,
                .profiler: 128, .unknown: 512,
            ])
        #expect(memory.total == memory.parts.values.reduce(0, +))
        #expect(memory.notes.isEmpty)
    }

    @Test func whatIsInUseAndNotResidentIsSaid() {
        var session = threads()
        session.live = [live(0x3_0010, size: 30_000)]
        let memory = ResidentMemory(session, mappings: [mapping(0x3_0000..<0x4_0000, resident: 4096)])
        #expect(memory.parts == [.heapInUse: 4096, .allocator: 0, .unknown: 0])
        #expect(memory.notes == [.moreInUseThanResident])
    }

    @Test func aDumpTellsWhatItRecorded() {
        var session = threads()
        session.live = [live(0x3_0010, size: 3000)]
        #expect(ResidentMemory(dump: session) == nil)
        session.header.dump?.rss = 10_000
        session.header.dump?.rssShared = 2000
        let memory = ResidentMemory(dump: session)
        #expect(memory?.parts == [.heapInUse: 3000, .files: 2000, .unknown: 5000])
        #expect(memory?.total == 10_000)
    }
}
