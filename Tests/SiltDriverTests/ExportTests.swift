// SPDX-License-Identifier: Apache-2.0
//
// Exports of what the shim recorded, for servers and databases: who holds, where it was, and the rules of servers.

import SiltHost
import SiltPprof
import SiltProfile
import TestFixtures
import TestSupport
import Testing

@testable import SiltDriver

@Suite struct ExportTests {
    private let bench: Workbench
    private let driver: Driver

    init() throws {
        bench = try Workbench()
        driver = Driver(directory: bench.directory)
    }

    private func text(_ target: String, _ request: ExportRequest) throws -> String {
        String(decoding: try driver.export([target], as: request), as: UTF8.self)
    }

    @Test func aRowNamesTheFunctionResponsibleAndItsHost() throws {
        let dump = try Recorded.dump(of: "Operators", in: bench)
        let lines = try text(dump, ExportRequest(format: .jsonl)).split(separator: "\n")
        let row = try #require(lines.first { $0.contains("\"plain_new") || $0.contains("::plain_new") })
        #expect(row.contains("\"host\":\"\(try #require(hostName()))\",\"service\":\"Operators\""))
        #expect(row.contains("\"function\":\"(anonymous namespace)::plain_new()\",\"frames\":[\"operator new"))
        #expect(row.contains("\"alloc_objects\":9,\"alloc_objects_variance\":0,\"alloc_space\":927,"))
        #expect(row.contains("\"inuse_objects\":6,"))
        // A stack has one row, whatever sizes it asked for.
        let stacks = lines.map {
            $0.prefix { $0 != "}" }.split(separator: "\"frames\":")[1].split(separator: ",\"trunc")[0]
        }
        #expect(Set(stacks).count == lines.count)
    }

    @Test func hostAndServiceCanBeNamed() throws {
        let dump = try Recorded.dump(of: "Orders", in: bench)
        let request = ExportRequest(format: .jsonl, origin: Origin(host: "web-1", service: "shop"))
        #expect(try text(dump, request).contains("\"host\":\"web-1\",\"service\":\"shop\""))
    }

    @Test func ofOtherToolsFilesNoHostIsKnown() throws {
        let file = try Recorded.pprof(in: bench)
        #expect(try text(file, ExportRequest(format: .jsonl)).contains("\"host\":null,\"service\":\"server\""))
    }

    @Test func serversTakeWhatIsForThem() throws {
        let dump = try Recorded.dump(of: "Operators", in: bench)
        let bytes = try driver.export([dump], as: ExportRequest(format: .pprof, isForServers: true))
        let profile = try Profile(pprof: bytes)
        #expect(profile.duration == 0)
        #expect(profile.locations.allSatisfy { !$0.frames.isEmpty })
        #expect(throws: Failure.self) {
            try driver.export([dump], as: ExportRequest(format: .pprof, hasNames: false, isForServers: true))
        }
    }

    @Test func aChangeHasADurationAndAStateHasNone() throws {
        let program = try Recorded.running("Orders", in: bench)
        let base = try driver.dump("\(program.pid)", to: bench.path("base")).path
        let after = try driver.dump("\(program.pid)", to: bench.path("after")).path
        let change = try Profile(pprof: try driver.export([after], as: ExportRequest(format: .pprof, base: base)))
        #expect(change.duration > 0)
        #expect(try Profile(pprof: try driver.export([after], as: ExportRequest(format: .pprof))).duration == 0)
    }
}
