// SPDX-License-Identifier: Apache-2.0
//
// The gate as a build runs it, on a service under load: a leak fails and is named, none passes, and every exit status
// is what the command promises.

import TestSupport
import Testing

@Suite struct CheckTests {
    private static let silt = SiltCommand.path
    private static let requests = 6000

    /// Runs `silt check` to its end.
    private func check(_ arguments: [String]) throws -> Program.Outcome {
        try Program([Self.silt, "check"] + arguments).finish()
    }

    /// The dumps of a payment service after each of several loads.
    private func snapshots(leak: String, loads: Int, in bench: Workbench) throws -> [String] {
        let service = try Program(
            [Victims.program("PaymentService"), "--port", "0", "--leak", leak],
            environment: Victims.environment(directory: bench.directory, interval: 4096))
        let line = try #require(try service.lines(through: "listening").last)
        let port = try #require(line.split(separator: ":").last.map(String.init))
        return try (0..<loads).map { _ in
            _ = try bench.run([Victims.program("Load"), port, String(Self.requests), "4"])
            let dump = try bench.run([Self.silt, "dump", "PaymentService", "--dir", bench.directory])
            return String(dump.dropLast())
        }
    }

    @Test func leakFailsTheGateAndIsNamed() throws {
        let bench = try Workbench()
        let dumps = try snapshots(leak: "tokens", loads: 4, in: bench)
        let outcome = try check(dumps + ["--max-growth", "2MiB"])
        #expect(outcome.status == 1, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("\nFAILED: "))
        let blamed = try #require(outcome.output.split(separator: "\n").first { $0.contains("TokenCache.swift:") })
        #expect(blamed.contains("TokenCache.insert(_:)"), "\(outcome.output)")
        // Each load adds as much, but a busy machine may take twice as long for one as for another.
        #expect(outcome.output.contains("growth that slows down") || outcome.output.contains("steady growth"))

        let trend = try bench.run([Self.silt, "diff"] + dumps)
        let grew = try #require(trend.split(separator: "\n").first { $0.contains("/s ") && $0.contains("swift:") })
        #expect(grew.contains("TokenCache.insert(_:)"), "\(trend)")
        #expect(grew.contains("growth that slows down") || grew.contains("steady growth"), "\(trend)")

        let github = try check(dumps + ["--max-growth", "2MiB", "--format", "github"])
        #expect(github.status == 1)
        #expect(github.output.contains("\n::error file="))

        // What a review has accepted no longer fails.
        let baseline = bench.path("accepted.txt")
        let update = try check(dumps + ["--max-growth", "2MiB", "--baseline-file", baseline, "--update-baseline"])
        #expect(update.status == 0, "\(update.output)\(update.errors)")
        #expect(String(decoding: try Workbench.read(baseline), as: UTF8.self).contains("TokenCache.insert(_:) < "))
        let accepted = try check(dumps + ["--max-growth", "2MiB", "--baseline-file", baseline])
        #expect(accepted.status == 0, "\(accepted.output)")
        let ignored = try check(dumps + ["--max-growth", "2MiB", "--ignore", #"TokenCache\.insert"#])
        #expect(ignored.status == 0, "\(ignored.output)")
    }

    /// The step of a workflow, as the runner starts it.
    @Test func theActionWritesSummaryFlameGraphAndSarif() throws {
        let bench = try Workbench()
        let dumps = try snapshots(leak: "tokens", loads: 2, in: bench)
        func gate(_ arguments: String, before: String = "\n\(dumps[0])\n") throws -> Program.Outcome {
            try Program(
                [Victims.root + "/.github/actions/check/gate"],
                environment: [
                    ("SILT", Self.silt), ("BEFORE", before), ("AFTER", dumps.last ?? ""), ("ARGUMENTS", arguments),
                    ("FLEET", "false"), ("OUT", bench.path("out")), ("GITHUB_STEP_SUMMARY", bench.path("summary")),
                    ("GITHUB_OUTPUT", bench.path("output")),
                ]
            ).finish()
        }
        let failed = try gate("--max-growth 2MiB --ignore 'no such function'")
        #expect(failed.status == 1 && failed.output.contains("\n::error file="), "\(failed)")
        let summary = String(decoding: try Workbench.read(bench.path("summary")), as: UTF8.self)
        #expect(summary.hasPrefix("## silt check: failed\n") && summary.contains("TokenCache.insert(_:)"), "\(summary)")
        #expect(String(decoding: try Workbench.read(bench.path("output")), as: UTF8.self) == "outcome=failed\n")
        #expect(try Workbench.read(bench.path("out/flame.html")).count > 10_000)
        #expect(
            String(decoding: try Workbench.read(bench.path("out/check.sarif")), as: UTF8.self).contains("TokenCache"))
        #expect(try gate("--max-growth 1GiB").status == 0)
        let refused = try gate("--max-growth much")
        #expect(refused.status > 1 && refused.output.contains("::error title=silt check::"), "\(refused)")
        #expect(try gate("", before: " \n").status == 2)
        // What stands behind it would be left out, and the gate open.
        #expect(try gate("--max-growth 1GiB\n--site='TokenCache=1KiB").status == 2)
    }

    @Test func theActionSetsEachVariableThatItsScriptReads() throws {
        let folder = Victims.root + "/.github/actions/check"
        let action = String(decoding: try Workbench.read("\(folder)/action.yml"), as: UTF8.self)
        for name in ["SILT", "BEFORE", "AFTER", "ARGUMENTS", "FLEET", "OUT"] {
            #expect(action.contains("        \(name): ${{ "), "\(name)")
        }
        #expect(action.contains(#"run: '"$GITHUB_ACTION_PATH/gate"'"#))
    }

    @Test func serviceWithoutLeakPasses() throws {
        let bench = try Workbench()
        let dumps = try snapshots(leak: "none", loads: 2, in: bench)
        let outcome = try check(dumps + ["--max-growth", "2MiB", "--strict"])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("\nPASSED: "))
    }

    @Test func whatTheDataCannotTellFailsOnlyIfStrict() throws {
        let bench = try Workbench()
        let dumps = try snapshots(leak: "tokens", loads: 2, in: bench)
        // A limit that is the estimate itself lies in its interval, whatever was sampled.
        let json = try check(dumps + ["--max-growth", "1", "--format", "json"]).output
        let growth = try #require(json.firstMatch(of: /"growth":\{"value":([0-9]+)/)?.output.1)
        let undecided = try check(dumps + ["--max-growth", String(growth)])
        #expect(undecided.status == 0, "\(undecided.output)")
        #expect(undecided.output.contains("\nUNDECIDED: "), "\(undecided.output)")
        #expect(try check(dumps + ["--max-growth", String(growth), "--strict"]).status == 1)
    }

    @Test(arguments: [
        ["one.silt"], ["a.silt", "b.silt", "--site", "a(=4k"], ["a.silt", "b.silt", "--max-growth-rate", "1MiB"],
        ["a.silt", "b.silt", "--update-baseline"],
    ])
    func wrongUseIsStatus2(arguments: [String]) throws {
        #expect(try check(arguments).status == 2)
    }

    @Test func badInputIsStatus3AndSaysWhere() throws {
        let bench = try Workbench()
        let text = try bench.write("hello\n", to: "base.silt")
        let notSilt = try check([text, text])
        #expect(notSilt.status == 3)
        #expect(notSilt.errors.contains("\(text): is not a Silt file"), "\(notSilt.errors)")
        let baseline = try bench.write("# fine\nmany bytes\n", to: "accepted.txt")
        let badBaseline = try check([text, text, "--baseline-file", baseline])
        #expect(badBaseline.status == 3)
        #expect(badBaseline.errors == "silt: \(baseline), line 2: many is no number of bytes\n")
        let missing = try check([text, text, "--baseline-file", bench.path("none.txt")])
        #expect(missing.status == 3)
    }
}
