// SPDX-License-Identifier: Apache-2.0
//
// Every input of the corpus goes through its target once more: none may trap, break a promise or never end. `make fuzz`
// finds them, see Tests/Fuzz/README.md.

import CSiltFormat
import SiltFile
import SiltHost
import TestFixtures
import Testing

@testable import FuzzTargets

@Suite struct CorpusTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test(.timeLimit(.minutes(5)), arguments: FuzzTarget.allCases)
    func everyInputIsReadOrRefused(target: FuzzTarget) throws {
        let corpus = "\(FuzzFolder.corpus)/\(target.corpus)"
        let names = try namesInDirectory(corpus).sorted()
        #expect(!names.isEmpty)
        let folder = FuzzFolder(path: directory.path)
        for name in names {
            let input = try FuzzFolder.contents("\(corpus)/\(name)")
            #expect(throws: Never.self, "\(name)") { try target.run(input, in: folder) }
        }
    }

    /// The second file of some questions must be there, and whole.
    @Test(arguments: ["dump", "later", "live", "exact-3"])
    func namedSessionsAreWhole(name: String) throws {
        let session = try Session(bytes: try file(name), path: name)
        #expect(session.torn.total == 0)
        #expect(!session.isDamaged)
        #expect(!session.live.isEmpty)
    }

    // MARK: The mutations

    private func file(_ name: String) throws -> [UInt8] {
        Array(try FuzzFolder.contents("\(FuzzFolder.corpus)/session/\(name)").dropFirst())
    }

    @Test func whatIsWholeNeedsNoRepair() throws {
        for name in ["dump", "later", "live", "exact-3"] {
            let whole = try FuzzFolder.contents("\(FuzzFolder.corpus)/session/\(name)")
            var repaired = whole
            repaired.repairSession()
            let before = try Session(bytes: Array(whole.dropFirst()), path: name)
            #expect(try Session(bytes: Array(repaired.dropFirst()), path: name) == before)
        }
    }

    @Test func aDamagedDumpIsWholeAgainAfterRepair() throws {
        var file = try file("dump")
        let layout = try #require(SessionLayout(file))
        let live = try #require(layout.places(of: SILT_REGION_LIVE, silt_live.self).first)
        let thread = try #require(layout.places(of: SILT_REGION_THREADS, silt_thread_record.self).first)
        // The sizes of a block and of a thread's stack.
        file[live + 8] ^= 1
        file[thread + 16] ^= 1
        let damaged = try Session(bytes: file, path: "x")
        #expect(damaged.damage.map(\.region) == [.live, .threads])
        #expect(damaged.torn.total == 2)
        var input = [0] + file
        input.repairSession()
        let repaired = try Session(bytes: Array(input.dropFirst()), path: "x")
        #expect(!repaired.isDamaged)
        #expect(repaired.torn.total == 0)
        #expect(repaired.live.count == damaged.live.count + 1)
    }

    @Test func aSeedAlwaysMakesTheSameInput() throws {
        let whole = [0] + (try file("dump"))
        var distinct: Set<[UInt8]> = []
        for seed: UInt32 in 0..<100 {
            var (first, second) = (whole, whole)
            var (mutation, again) = (SessionMutation(seed: seed), SessionMutation(seed: seed))
            mutation.changeFields(of: &first)
            again.changeFields(of: &second)
            #expect(first == second)
            distinct.insert(first)
        }
        #expect(distinct.count > 50)
    }
}
