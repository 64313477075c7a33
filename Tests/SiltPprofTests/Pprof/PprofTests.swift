// SPDX-License-Identifier: Apache-2.0
//
// pprof files written and read back by ourselves: what must survive, and what damage does.

import SiltProfile
import SiltSymbols
import TestFixtures
import Testing

@testable import SiltPprof

@Suite struct PprofTests {
    @Test func roundTripKeepsTheProfile() throws {
        let profile = PprofFixture.small
        let back = try Profile(pprof: profile.pprof())
        expectSame(back, profile)
        #expect(back.notes == profile.notes)
    }

    @Test func roundTripOfADiffKeepsNegativeValues() throws {
        let back = try Profile(pprof: PprofFixture.diff.pprof())
        expectSame(back, PprofFixture.diff)
    }

    @Test func roundTripOfALargeProfileKeepsIt() throws {
        let profile = PprofFixture.large(seed: 1, samples: 2000, depth: 30, functions: 500)
        expectSame(try Profile(pprof: profile.pprof(compressed: false)), profile)
    }

    @Test func encodingIsDeterministic() {
        #expect(PprofFixture.small.pprof() == PprofFixture.small.pprof())
    }

    @Test func emptyProfileSurvives() throws {
        let empty = Profile(kinds: Profile.Kind.heap)
        let back = try Profile(pprof: empty.pprof())
        #expect(back.kinds == Profile.Kind.heap)
        #expect(back.samples.isEmpty)
    }

    @Test func unsymbolizedExportHasAddressesAndNoNames() throws {
        let back = try Profile(pprof: PprofFixture.small.pprof(symbols: false))
        #expect(back.locations.map(\.address) == PprofFixture.small.locations.map(\.address))
        #expect(back.locations.allSatisfy { $0.frames.isEmpty })
        #expect(back.mappings == PprofFixture.small.mappings)
    }

    @Test func executableBecomesTheFirstMapping() throws {
        var profile = PprofFixture.small
        profile.mappings.swapAt(0, 1)
        for index in profile.locations.indices {
            profile.locations[index].mapping = profile.locations[index].mapping.map { 1 - $0 }
        }
        let back = try Profile(pprof: profile.pprof())
        #expect(back.mappings == PprofFixture.small.mappings)
        #expect(back.locations == PprofFixture.small.locations)
    }

    @Test func mergedProcessesAreToldApart() throws {
        var profile = PprofFixture.small
        profile.processes.append(Profile.Process(name: "server", pid: 4243, exe: "/opt/demo/server"))
        profile.samples[1].process = 1
        let back = try Profile(pprof: profile.pprof())
        #expect(back.processes == profile.processes)
        #expect(back.samples.map(\.process) == [0, 1, 0, 0])
    }

    @Test func valuesAreRoundedToTheNearestWholeNumber() throws {
        var profile = PprofFixture.small
        profile.isChange = true
        profile.samples[0].values = [1.4, 1.6, -1.6, .infinity].map { Estimate(value: $0, variance: 9, samples: 1) }
        let back = try Profile(pprof: profile.pprof())
        #expect(back.samples[0].values.map(\.value) == [1, 2, -2, Double(Int64.max)])
    }

    @Test func figuresOfAHeapProfileGetTheirVarianceBack() throws {
        var profile = PprofFixture.small
        profile.interval = 524_288
        profile.samples = [
            PprofFixture.sample([0], [0, 0, 1024, 1024 * 524_288], blockSize: 524_288)
        ]
        let back = try Profile(pprof: profile.pprof())
        // p = 1 - 1/e: 647 samples, each 1/p objects, variance objects · (1-p)/p.
        #expect(back.samples[0].values[2].samples == 647)
        #expect((back.samples[0].values[2].variance - 595.94).magnitude < 0.01)
        #expect(back.samples[0].values[0].samples == 0)
        #expect(back.notes == profile.notes)
    }

    @Test func figuresThatNothingIsKnownOfHaveNoSamplesAndANote() throws {
        var profile = PprofFixture.small
        profile.interval = 0
        profile.notes = []
        let back = try Profile(pprof: profile.pprof())
        #expect(back.samples.allSatisfy { $0.values.allSatisfy { $0.samples == 0 && $0.variance == 0 } })
        #expect(back.notes == [.noIntervals])
    }

    @Test func detectionKnowsProfilesFromOtherFiles() {
        #expect(looksLikePprof(PprofFixture.small.pprof()))
        #expect(looksLikePprof(PprofFixture.small.pprof(compressed: false)))
        #expect(!looksLikePprof([]))
        #expect(!looksLikePprof(Array("heap profile: 1: 2 [3: 4] @ heap/1048576\n".utf8)))
        #expect(!looksLikePprof(Array("\n\nplain text\n".utf8)))
        #expect(!looksLikePprof(Array("{\"a\": 1}".utf8)))
        #expect(!looksLikePprof([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]))
        #expect(!looksLikePprof(Gzip.pack(Array("plain text".utf8))))
    }

    /// Profiles agree in everything but notes and sampling errors, which the format does not carry.
    private func expectSame(
        _ back: Profile, _ profile: Profile, sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) {
        #expect(back.kinds == profile.kinds, sourceLocation: sourceLocation)
        #expect(back.mappings == profile.mappings, sourceLocation: sourceLocation)
        #expect(back.locations == profile.locations, sourceLocation: sourceLocation)
        #expect(back.processes == profile.processes, sourceLocation: sourceLocation)
        #expect(back.interval == profile.interval, sourceLocation: sourceLocation)
        #expect(back.time == profile.time, sourceLocation: sourceLocation)
        #expect(back.isChange == profile.isChange, sourceLocation: sourceLocation)
        #expect(back.duration == (profile.isChange ? profile.duration : 0), sourceLocation: sourceLocation)
        #expect(back.samples.count == profile.samples.count, sourceLocation: sourceLocation)
        for (a, b) in zip(back.samples, profile.samples) {
            #expect(a.locations == b.locations, sourceLocation: sourceLocation)
            #expect(a.values.map(\.value) == b.values.map(\.value), sourceLocation: sourceLocation)
            #expect(a.blockSize == b.blockSize, sourceLocation: sourceLocation)
            #expect(a.truncated == b.truncated, sourceLocation: sourceLocation)
            #expect(a.process == b.process, sourceLocation: sourceLocation)
        }
    }
}
