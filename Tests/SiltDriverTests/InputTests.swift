// SPDX-License-Identifier: Apache-2.0
//
// Reading files of several kinds: each is recognized, none is mixed with another.

import SiltDriver
import SiltHost
import SiltPprof
import SiltProfile
import SiltReport
import SiltSymbols
import TestFixtures
import TestSupport
import Testing

@Suite struct InputTests {
    private let mixed = Failure.use(
        "session files and pprof files cannot be mixed: export the session files first (silt export)")

    @Test func sessionsAndPprofFilesAreNotMixed() throws {
        let bench = try Workbench()
        let dump = try Recorded.dump(of: "Orders", in: bench)
        let pprof = try Recorded.pprof(in: bench)
        let driver = Driver()
        #expect(try driver.read([dump]).sessions?.count == 1)
        #expect(try driver.read([pprof]).sessions == nil)
        #expect(throws: mixed) { try driver.read([dump, pprof]) }
        #expect(throws: mixed) { try driver.read([pprof, dump]) }
        #expect(
            throws: Failure.use("a session file and a pprof file cannot be compared: export the session file first")
        ) { try driver.compare([dump, pprof]) }
        #expect(
            throws: Failure.use("pprof files do not tell one sample from another: name session files or dumps")
        ) { try driver.check([dump, pprof], against: CheckRequest()) }
    }

    @Test func pprofFilesOfTheSameKindsAreAddedUp() throws {
        let bench = try Workbench()
        let driver = Driver()
        let path = try Recorded.pprof(in: bench)
        let kind = try #require(PprofFixture.small.kinds.firstIndex(of: .inuseObjects))
        let once = try driver.heap([path]).samples.reduce(0) { $0 + $1.values[kind].value }
        let twice = try driver.heap([path, path]).samples.reduce(0) { $0 + $1.values[kind].value }
        #expect(twice == 2 * once)

        var other = PprofFixture.small
        other.kinds[0].name = "contentions"
        let contentions = try bench.write(other.pprof(), to: "mutex.pb.gz")
        #expect(
            throws: Failure.use("these pprof files measure different things and cannot be added up")
        ) { try driver.read([path, contentions]) }
    }

    @Test func heapProfilesInTextFormAreReadAndNamedByTheFilesThatWereMapped() throws {
        let bench = try Workbench()
        // The code of any program that is there: addresses in it get names or stay addresses, and both are fine.
        let path = resolvedPath("/proc/self/exe") ?? ""
        let text = try bench.write(
            """
            heap profile: 2: 96 [3: 128] @ heapprofile
            2: 96 [3: 128] @ 0x401000 0x402000

            MAPPED_LIBRARIES:
            400000-500000 r-xp 00000000 08:01 7 \(path)

            """, to: "heap.txt")
        let profile = try Driver().heap([text])
        #expect(profile.kinds == Profile.Kind.heap)
        #expect(profile.mappings.map(\.path) == [path])
        #expect(profile.total(kind: .inuseSpace).value == 96)
        #expect(try Driver().top([text]).text().contains("96B"))
        let cut = try bench.write("heap profile: 2: 96 [3: 128] @ heapprofile\n", to: "cut.txt")
        #expect(throws: Failure.input("\(cut): heap profile: the file ends in the middle; fetch it again (line 1)")) {
            try Driver().read([cut])
        }
    }

    @Test func profilesWithoutACommonFigureAreNotCompared() throws {
        let bench = try Workbench()
        let heap = try Recorded.pprof(in: bench)
        var threads = PprofFixture.small
        threads.kinds = [.threads]
        for index in threads.samples.indices { threads.samples[index].values.removeSubrange(1...) }
        let other = try bench.write(threads.pprof(), to: "threads.pb.gz")
        let refused = Failure.use(
            "these profiles measure different things and cannot be compared: alloc_objects, alloc_space, inuse_objects, "
                + "inuse_space there, threads here")
        #expect(refused.status == 2)
        #expect(throws: refused) { try Driver().compare([heap, other]) }
        #expect(throws: refused) { try Driver().export([other], as: ExportRequest(format: .html, base: heap)) }
    }

    @Test func twoHeapProfilesOfOtherToolsAreChecked() throws {
        let bench = try Workbench()
        func heap(_ name: String, bytes: Int) throws -> String {
            try bench.write(
                """
                heap profile: 11: \(bytes + 64) [11: \(bytes + 64)] @ heapprofile
                10: \(bytes) [10: \(bytes)] @ 0x1001 0x2001
                1: 64 [1: 64] @ 0x3001 0x2001

                """, to: name)
        }
        let (base, after) = (try heap("base.heap", bytes: 1000), try heap("after.heap", bytes: 9000))
        let request = CheckRequest(maxGrowth: ByteCount(bytes: 4096))
        #expect(try Driver().check([base, after], against: request).passes == false)
        let same = try Driver().check([base, base], against: request)
        #expect(same.passes)
        #expect(same.text().contains("Compared: 2 snapshots, independent profiles"))
        #expect(try Driver().check([after, base], against: request).passes)
        #expect(throws: Failure.self) { try Driver().check([base, after, after], against: request) }
        let unknown = try bench.write(
            "heap profile: 1: 64 [1: 64] @ heap/\n1: 64 [1: 64] @ 0x1001\n", to: "unknown.heap")
        #expect(throws: Failure.self) { try Driver().check([unknown, unknown], against: request) }
    }

    @Test func aPprofFileThatIsCutIsRefused() throws {
        let bench = try Workbench()
        let cut = try bench.write(Array(PprofFixture.small.pprof(compressed: false).dropLast(3)), to: "cut.pb")
        let failure = #expect(throws: Failure.self) { try Driver().read([cut]) }
        #expect(failure?.status == 3)
        #expect(failure?.description.hasPrefix("\(cut): ") == true)
    }

    @Test func timesAreAskedOfSessionsOnly() throws {
        let bench = try Workbench()
        let driver = Driver()
        let (pprof, dump) = (try Recorded.pprof(in: bench), try Recorded.dump(of: "Orders", in: bench))
        let hour = try #require(TimeSpan("1h"))
        let noTimes = Failure.use("--since and --older-than need a session file: pprof files do not hold times")
        #expect(throws: noTimes) { try driver.heap([pprof], times: TimeChoice(since: hour)) }
        #expect(throws: noTimes) { try driver.heap([pprof], times: TimeChoice(olderThan: hour)) }
        #expect(throws: Failure.use("--since reads one session at a time")) {
            try driver.heap([dump, dump], times: TimeChoice(since: hour))
        }
        let recent = try driver.heap([dump], times: TimeChoice(since: hour))
        #expect(recent.notes.first?.sentence.hasPrefix("the ring reaches back ") == true)
        #expect(
            try driver.heap([dump], times: TimeChoice(olderThan: hour)).samples.allSatisfy { $0.values[2].value == 0 })
    }

    /// What is folded does not depend on what is looked at: an allocator is one, though a single caller is left of nine.
    @Test func whatIsOldIsFoldedAsTheWholeHeapShows() throws {
        let bench = try Workbench()
        let dump = try Recorded.dump(of: "Layers", in: bench)
        let second = try #require(TimeSpan("1s"))
        let view = HeapView(kind: "inuse_space")
        let old = try Driver().top([dump], view: view, times: TimeChoice(olderThan: second))
        #expect(old.rows.first?.name == "ask0" && !old.rows.contains { $0.name == "take" })
        #expect(try Driver().top([dump], view: view).rows.contains { $0.name == "take" } == false)
    }

    @Test func anUnknownFigureNamesThoseThatThereAre() throws {
        let bench = try Workbench()
        let pprof = try Recorded.pprof(in: bench)
        let unknown = Failure.use(
            "--by weight: this profile has alloc_objects, alloc_space, inuse_objects, inuse_space")
        #expect(throws: unknown) { try Driver().top([pprof], view: HeapView(kind: "weight")) }
        #expect(throws: unknown) { try Driver().export([pprof], as: ExportRequest(format: .pprof, kind: "weight")) }
    }

    @Test func aRuntimePatternThatIsNoneIsRefused() throws {
        let bench = try Workbench()
        let pprof = try Recorded.pprof(in: bench)
        let view = HeapView(frames: FrameChoice(runtimes: Runtimes(patterns: ["("])))
        let reason =
            "cannot read the pattern \"(\" at \"(\" (character 1): ( is not closed; "
            + "write \\ before a character that is meant as it stands"
        #expect(throws: Failure.use("--runtime: \(reason)")) {
            try Driver().tree([pprof], view: view)
        }
    }

    @Test func aSourceFileThatIsNotHereIsToldInItsPlace() throws {
        let bench = try Workbench()
        let listing = try Driver().source(of: try Pattern("serve"), in: [try Recorded.pprof(in: bench)])
        #expect(listing.routines.map(\.problem) == ["cannot read /src/serve.cpp: no such file here"])
    }

    @Test func aSourceFileThatIsADeviceIsNotRead() throws {
        let bench = try Workbench()
        var profile = PprofFixture.small
        profile.locations[4].frames[0].file = "/dev/zero"
        let listing = try Driver().source(
            of: try Pattern("serve"), in: [try bench.write(profile.pprof(), to: "heap.pb.gz")])
        #expect(listing.routines.contains { $0.problem == "cannot read /dev/zero: not a regular file" })
    }

    @Test func whatIsFilteredOutIsNotExported() throws {
        let bench = try Workbench()
        let filter = Filter(hide: try Pattern("^serve"), showFrom: try Pattern("^main$"))
        let request = ExportRequest(format: .pprof, frames: FrameChoice(filter: filter))
        let exported = try Profile(pprof: try Driver().export([try Recorded.pprof(in: bench)], as: request))
        let names = Set(exported.locations.flatMap(\.frames).compactMap(\.function))
        #expect(names == ["main", "Cache.insert(_:)", "grow", "std::vector<int>::push_back(int&&)"])
        #expect(exported.samples.map { $0.locations.count } == [3, 2, 2])
        #expect(exported.mappings.first?.path == PprofFixture.small.mappings.first?.path)
        let whole = ExportRequest(format: .pprof)
        let all = try Profile(pprof: try Driver().export([try Recorded.pprof(in: bench)], as: whole))
        #expect(all.locations.count == PprofFixture.small.locations.count)
    }
}
