// SPDX-License-Identifier: Apache-2.0
//
// Every report and export of a program whose answers are known, compared as a whole. Stacks begin at main: what is above
// it belongs to libc and differs from machine to machine.

import Glibc
import TestSupport
import Testing

@Suite struct ReportTests {
    private let bench: Workbench
    private let pid: Int32
    private let dump: String
    private let masks: Masks

    /// One dump for each test: every allocation of Orders, at its end.
    init() throws {
        bench = try Workbench()
        (pid, dump) = try Self.record("50", in: bench)
        masks = Masks(bench, pids: [pid])
    }

    private static func record(_ count: String, in bench: Workbench) throws -> (pid: Int32, dump: String) {
        let program = try Program(
            [Victims.program("Orders"), count], environment: Victims.environment(directory: bench.directory))
        _ = try program.finish()
        return (program.pid, bench.path("Orders.\(program.pid).1.silt"))
    }

    private static let fromMain = ["--show-from", "^main$"]

    /// The report of the arguments, which must not say anything besides.
    private func report(_ arguments: [String]) throws -> String {
        let outcome = try Program([SiltCommand.path] + arguments).finish()
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        return outcome.output
    }

    /// JSON with a line for each object of a list, so that differences can be read.
    private func lines(_ json: String) -> String { json.replacing("},{", with: "},\n{") }

    @Test func topShowsWhoHolds() throws {
        try Golden.expect(masks(report(["top", dump] + Self.fromMain)), is: "top.txt")
    }

    @Test func treeShowsThePathsFromMain() throws {
        try Golden.expect(masks(report(["tree", dump] + Self.fromMain)), is: "tree.txt")
    }

    @Test func peekShowsCallersAndCallees() throws {
        try Golden.expect(masks(report(["peek", "^serve_orders$", dump] + Self.fromMain)), is: "peek.txt")
    }

    @Test func listShowsSourceLinesWithTheirBytes() throws {
        try Golden.expect(masks(report(["list", "^(serve|remember)_orders?$", dump])), is: "list.txt")
    }

    @Test func exportWritesFoldedStacks() throws {
        let folded = try report(["export", "--format", "folded", dump] + Self.fromMain)
        #expect(
            folded == """
                main;load_catalogue 64000
                main;serve_orders;parse_order 6400
                main;serve_orders;remember_order 204800

                """)
    }

    @Test func exportWritesTheChangeSinceABase() throws {
        // Thirty orders more, each with 4096 and twice 64 bytes; the catalogue is the same.
        let after = try Self.record("80", in: bench)
        let folded = try report(["export", "--format", "folded", "--base", dump, after.dump] + Self.fromMain)
        #expect(
            folded == """
                main;serve_orders;parse_order 3840
                main;serve_orders;remember_order 122880

                """)
    }

    @Test func exportWritesThreadsByTheirCreators() throws {
        let program = try Program(
            [Victims.program("Orders"), "1", "mail"], environment: Victims.environment(directory: bench.directory))
        _ = try program.lines(through: "ready")
        let folded = try report(
            ["export", "--threads", "--format", "folded", "--dir", bench.directory, "\(program.pid)"] + Self.fromMain)
        #expect(folded == "main;start_mailer 1\n")
    }

    @Test func exportWritesJson() throws {
        let json = try report(["export", "--format", "json", dump] + Self.fromMain)
        try Golden.expect(lines(masks(json)), is: "export.json")
    }

    @Test func exportWritesSpeedscope() throws {
        let json = try report(["export", "--format", "speedscope", dump] + Self.fromMain)
        try Golden.expect(lines(masks(json)), is: "speedscope.json")
    }

    /// The file is compressed: what is read back from it is what was exported.
    @Test func exportWritesPprofThatHoldsTheSame() throws {
        let path = bench.path("heap.pb.gz")
        #expect(try report(["export", dump, "-o", path] + Self.fromMain) == "")
        try Golden.expect(lines(masks(report(["export", "--format", "json", path]))), is: "export.json")
        #expect(try Workbench.read(path).prefix(2) == [0x1f, 0x8b])
    }

    @Test func flameDrawsAPicture() throws {
        let path = bench.path("flame.svg")
        #expect(try report(["flame", dump, "-o", path] + Self.fromMain) == "")
        let picture = String(decoding: try Workbench.read(path), as: UTF8.self)
        try Golden.expect(masks(picture), is: "flame.svg")
    }

    /// The page's own code is tested where it is; here, what it is given to show.
    @Test func flameDrawsAPageWithTheWholeProfile() throws {
        let path = bench.path("flame.html")
        #expect(try report(["flame", dump, "-o", path] + Self.fromMain) == "")
        let page = String(decoding: try Workbench.read(path), as: UTF8.self)
        #expect(page.hasPrefix("<!DOCTYPE html>") || page.hasPrefix("<!doctype html>"))
        let data = try #require(page.firstMatch(of: /<script type="application\/json" id="data">(.*?)<\/script>/)?.1)
        try Golden.expect(lines(masks(String(data))) + "\n", is: "flame-data.json")
    }

    @Test func rssOfADumpShowsTheHeapAndWhatElseItKnows() throws {
        let text = try report(["rss", dump])
        #expect(text.contains("heap in use (sampled: 268.75kB)"), "\(text)")
        try Golden.expect(masks.figures(text), is: "rss-dump.txt")
    }

    @Test func rssOfARunningProcessShowsEveryPart() throws {
        let program = try Program(
            [Victims.program("Orders"), "50"], environment: Victims.environment(directory: bench.directory))
        _ = try program.lines(through: "ready")
        let text = try report(["rss", "--dir", bench.directory, "\(program.pid)"])
        #expect(text.contains("heap in use (sampled: 268.75kB)"), "\(text)")
        try Golden.expect(Masks(bench, pids: [program.pid]).figures(text), is: "rss-running.txt")
    }
}
