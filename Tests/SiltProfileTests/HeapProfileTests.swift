// SPDX-License-Identifier: Apache-2.0
//
// Sessions made by hand become the profiles that they must.

import SiltFile
import SiltProfile
import SiltSymbols
import Testing

@Suite struct HeapProfileTests {
    @Test func exactSessionGivesExactFigures() {
        let one = session(
            header(), stacks: [1: [0x1100, 0x1200], 5: [0x1300]],
            sites: [1: site(stack: 1, samples: 4, bytes: 400), 2: site(stack: 5, samples: 1, bytes: 9)],
            live: [live(0x100, size: 100), live(0x200, size: 120), live(0x300, size: 9, site: 2)])
        let profile = Profile.heap([one], symbols: AddressNames())
        #expect(profile.kinds == Profile.Kind.heap)
        #expect(profile.leaves(.inuseSpace) == ["service+0x1100": 220, "service+0x1300": 9])
        #expect(profile.leaves(.inuseObjects) == ["service+0x1100": 2, "service+0x1300": 1])
        #expect(profile.leaves(.allocSpace) == ["service+0x1100": 400, "service+0x1300": 9])
        #expect(profile.leaves(.allocObjects) == ["service+0x1100": 4, "service+0x1300": 1])
        #expect(profile.total(.inuseSpace).variance == 0)
        #expect(profile.samples[0].locations.count == 2)
        #expect(profile.interval == 1)
        #expect(profile.time == 5010 * second)
        #expect(profile.duration == 10 * second)
        #expect(profile.notes == [.requestedSizes])
    }

    @Test func eachLiveSampleIsMadeUnbiasedByItself() {
        let law = SamplingLaw(interval: 1000)
        let one = session(
            header(interval: 1000), stacks: [1: [0x1100]], sites: [1: site(stack: 1, samples: 2, bytes: 3000)],
            live: [live(0x100, size: 1000), live(0x9000, size: 2000)])
        let profile = Profile.heap([one], symbols: AddressNames())
        var expected = law.objects(samples: 1, ofSize: 1000) + law.objects(samples: 1, ofSize: 2000)
        var allocated = law.objects(samples: 2, ofSize: 1500)
        expected.sizes = BlockSizes(samples: 2, ofSize: 1500, by: law)
        allocated.sizes = expected.sizes
        #expect(profile.total(.inuseObjects) == expected)
        #expect(profile.total(.allocObjects) == allocated)
        #expect(profile.samples[0].blockSize == 1500)
    }

    @Test func processesAtDifferentAddressesMerge() {
        let sessions = [UInt32(7), 8].map { pid in
            session(
                header(pid: pid), bias: UInt64(pid) * 0x100000, stacks: [pid: [0x1100]],
                sites: [1: site(stack: pid, samples: 1, bytes: 50)], live: [live(0x100, size: 50)])
        }
        let symbols = AddressNames()
        let merged = Profile.heap(sessions, symbols: symbols)
        #expect(merged.samples.count == 1)
        #expect(merged.mappings.count == 1)
        #expect(merged.mappings[0].buildID == "ab0c")
        #expect(merged.locations[0].address == 7 * 0x100000 + 0x1100)
        #expect(merged.leaves(.inuseSpace) == ["service+0x1100": 100])
        #expect(merged.processes == [.init(name: "service", pid: nil, exe: "/bin/service")])
        #expect(symbols.questions == 1)

        let apart = Profile.heap(sessions, symbols: symbols, keepProcessesApart: true)
        #expect(apart.samples.map(\.process) == [0, 1])
        #expect(apart.processes.map(\.pid) == [7, 8])
        #expect(apart.mappings.count == 1)
    }

    @Test func sameAddressInAnotherModuleIsAnotherPlace() {
        var one = session(
            header(), stacks: [:],
            sites: [1: site(stack: 1, samples: 1, bytes: 1), 2: site(stack: 2, samples: 1, bytes: 2)])
        one.modules = [
            module("/lib/old.so", at: 0x40000), module("/lib/new.so", at: 0x40000),
        ]
        one.stacks = [1: stack([0x1100], module: 0), 2: stack([0x1100], module: 1)]
        let profile = Profile.heap([one], symbols: AddressNames())
        #expect(profile.leaves(.allocSpace) == ["old.so+0x1100": 1, "new.so+0x1100": 2])
    }

    @Test func addressOfNoModuleStaysBare() {
        var one = session(header(), stacks: [:], sites: [1: site(stack: 1, samples: 1, bytes: 1)])
        one.stacks = [1: Stack(pcs: [0x123_4567], end: .unwind)]
        let profile = Profile.heap([one], symbols: AddressNames())
        #expect(profile.locations == [Profile.Location(address: 0x123_4567, mapping: nil, frames: [])])
        #expect(profile.samples[0].truncated == .noUnwindInformation)
    }

    @Test func memoryWhoseSiteIsGoneStaysInTheTotal() {
        let one = session(header(), stacks: [:], live: [live(0x100, size: 64, site: 99)])
        let profile = Profile.heap([one], symbols: AddressNames())
        #expect(profile.total(.inuseSpace).value == 64)
        #expect(profile.samples[0].locations.isEmpty)
        #expect(profile.samples[0].truncated == .notRecorded)
    }

    @Test func guessedStacksSaySo() {
        var one = session(
            header(), stacks: [1: [0x1100], 2: [0x1200]],
            sites: [1: site(stack: 1, samples: 1, bytes: 9), 2: site(stack: 2, samples: 1, bytes: 9)])
        one.stacks[2]?.guessed = true
        #expect(Profile.heap([one], symbols: AddressNames()).samples.map(\.isGuessed) == [false, true])
    }

    @Test func onlyTheLatestDumpOfAProcessCounts() {
        let early = session(header(dumpedAfter: 5), stacks: [1: [0x1100]], live: [live(0x100, size: 10)])
        let late = session(
            header(dumpedAfter: 9), stacks: [1: [0x1100]], sites: [1: site(stack: 1, samples: 1, bytes: 20)],
            live: [live(0x100, size: 20)])
        let profile = Profile.heap([late, early], symbols: AddressNames())
        #expect(profile.total(.inuseSpace).value == 20)
        #expect(profile.notes == [.superseded(path: "service.7.silt", pid: 7), .requestedSizes])
    }

    @Test func olderThanKeepsWhatHasLivedLonger() {
        let one = session(
            header(), stacks: [1: [0x1100]], sites: [1: site(stack: 1, samples: 2, bytes: 30)],
            live: [live(0x100, size: 10, at: 101), live(0x200, size: 20, at: 105)])
        let profile = Profile.heap([one], symbols: AddressNames(), olderThan: .seconds(5), withAges: true)
        #expect(profile.kinds == [.inuseObjects, .inuseSpace])
        #expect(profile.total(.inuseSpace).value == 10)
        #expect(profile.samples[0].ages.oldest == .seconds(9))
        let all = Profile.heap([one], symbols: AddressNames(), withAges: true)
        #expect(all.samples[0].ages.oldest == .seconds(9))
        #expect(all.samples[0].ages.median == .seconds(5))
    }

    @Test func lossesAndDamageBecomeNotes() {
        var one = session(header(interval: 1000), stacks: [:])
        one.losses = [
            Loss(reason: .modulesFull, count: 1, bytes: 0), Loss(reason: .stacksFull, count: 3, bytes: 3_000_000),
            // The samples that it concerns say so themselves.
            Loss(reason: .depth, count: 2, bytes: 2),
        ]
        one.torn.live = 2
        let symbols = AddressNames()
        symbols.warnings = ["libx.so has another build id"]
        #expect(
            Profile.heap([one], symbols: symbols).notes == [
                .lost(.stacksFull, count: 3, bytes: 3_000_000), .lost(.modulesFull, count: 1, bytes: 0),
                .damagedRecords(2, path: "service.7.silt"), .told("libx.so has another build id"), .requestedSizes,
            ])
    }

    @Test func forksAreToldInOneNote() {
        let processes = (1...3 as ClosedRange<UInt32>).map { pid in
            var header = header(pid: pid)
            if pid > 1 { header.flags = [.forked] }
            return session(header, stacks: [:])
        }
        func notes(_ sessions: [Session]) -> [Note] { Profile.heap(sessions, symbols: AddressNames()).notes }
        let empty = Note.nothingSampled(exe: processes[0].header.exe, allocator: [])
        #expect(
            notes(processes) == [.ofProcesses(3, empty), .ofProcesses(2, .heapBeganAtFork), .requestedSizes])
        #expect(
            notes(Array(processes[..<2])) == [.ofProcesses(2, empty), .ofProcess(2, .heapBeganAtFork), .requestedSizes])
        let child = Note.nothingSampled(exe: processes[0].header.exe, allocator: [], sinceFork: true)
        #expect(notes([processes[2]]) == [child, .heapBeganAtFork, .requestedSizes])
        #expect(notes([processes[0]]) == [empty, .requestedSizes])
    }

    /// A child that has allocated little is no news beside others; that nothing of a program can be seen is.
    @Test func emptinessOfSomeIsToldIfTheyAreNotSeen() {
        var full = session(header(pid: 1), stacks: [:])
        full.losses = [Loss(reason: .stacksFull, count: 1, bytes: 1)]
        var own = session(header(pid: 3), stacks: [:])
        own.ownAllocator = ["malloc"]
        let notes = Profile.heap([full, session(header(pid: 2), stacks: [:]), own], symbols: AddressNames()).notes
        #expect(
            notes.filter { if case .ofProcess(_, .nothingSampled) = $0 { true } else { false } } == [
                .ofProcess(3, .nothingSampled(exe: own.header.exe, allocator: ["malloc"]))
            ])
    }

    @Test func aSessionInMemoryOnlyIsTold() {
        var header = header(pid: 1)
        header.flags = [.anonymous]
        let notes = Profile.heap([session(header, stacks: [:])], symbols: AddressNames()).notes
        #expect(notes == [.nothingSampled(exe: header.exe, allocator: []), .inMemoryOnly, .requestedSizes])
    }
}

@Suite struct RecentTests {
    private func event(_ operation: Event.Operation, at time: UInt64, size: UInt64) -> Event {
        Event(operation: operation, time: time * second, address: 1, size: size, born: 0, site: 1, thread: 1)
    }

    @Test func onlyEventsWithinTheTimeCount() {
        var one = session(
            header(), stacks: [1: [0x1100]], sites: [1: site(stack: 1, samples: 9, bytes: 900)])
        one.events = [
            event(.alloc, at: 103, size: 1000), event(.alloc, at: 106, size: 20), event(.free, at: 109, size: 5),
        ]
        let recent = Profile.recent(one, within: .seconds(5), symbols: AddressNames())
        #expect(recent.total(.allocSpace).value == 20)
        #expect(recent.total(.freedSpace).value == 5)
        #expect(recent.total(.freedObjects).value == 1)
        #expect(recent.notes[0] == .ring(reach: .seconds(10), isShort: false))
        #expect(recent.duration == 5 * second)
    }

    @Test func aRingThatWasOverwrittenSaysHowFarItReaches() {
        var one = session(header(), stacks: [:])
        one.events = [event(.alloc, at: 108, size: 20)]
        one.eventsOverwritten = 50
        let recent = Profile.recent(one, within: .seconds(60), symbols: AddressNames())
        #expect(recent.notes[0] == .ring(reach: .seconds(2), isShort: true))
        #expect(recent.duration == 2 * second)
    }
}
