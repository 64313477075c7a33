// SPDX-License-Identifier: Apache-2.0
//
// A program that allocates in bursts, under a ceiling that makes the shim change its interval: the figures stay right, in a
// dump on a signal in the middle, in a forked child, and at the end. How much time it took is not asserted.

import Glibc
import SiltFile
import SiltProfile
import SiltSymbols
import TestSupport
import Testing

@Suite struct CeilingTests {
    private struct Answer {
        var pid: Int
        var truth: [String: Tally]
    }

    /// By the word behind `process`.
    private func answers(in output: String) -> [String: Answer] {
        var result: [String: Answer] = [:]
        var lines: [Substring] = []
        for line in output.split(separator: "\n").reversed() {
            let words = line.split(separator: " ")
            guard words.count == 3, words[0] == "process", let pid = Int(words[2]) else {
                lines.append(line)
                continue
            }
            result[String(words[1])] = Answer(pid: pid, truth: Victims.truth(in: lines))
            lines = []
        }
        return result
    }

    /// What a function has allocated, estimated in bytes: each site by the interval that it names.
    private func allocated(by function: String, in session: Session, _ symbolizer: Symbolizer) -> Double {
        session.sites.values.reduce(0) { sum, site in
            guard site.allocObjects > 0, let stack = session.stacks[site.stack],
                Victims.names(in: stack, of: session, by: symbolizer).contains(function)
            else { return sum }
            let size = Double(site.allocBytes) / Double(site.allocObjects)
            return sum - Double(site.allocBytes) / expm1(-size / Double(site.interval))
        }
    }

    @Test func figuresStayRightWhileTheIntervalChanges() throws {
        let bench = try Workbench()
        let outcome = try Program(
            [Victims.program("Bursts"), "exit"],
            environment: Victims.environment(
                directory: bench.directory, interval: 1024, [("SILT_MAX_OVERHEAD", "0.5%")])
        ).finish()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let answers = answers(in: outcome.output)
        #expect(answers.keys.sorted() == ["child", "half", "parent"])
        let symbolizer = Symbolizer()
        for (whose, sequence) in [("half", 1), ("child", 1), ("parent", 2)] {
            let answer = try #require(answers[whose])
            let session = try Session(contentsOf: bench.path("Bursts.\(answer.pid).\(sequence).silt"))
            #expect(session.losses.isEmpty, "\(session.losses)")
            #expect(session.torn.total == 0)
            #expect(session.header.ceiling?.share == 0.005)
            #expect(session.header.smallestInterval == 1024)
            // The child begins with those of its parent.
            #expect(session.header.intervals.count > 1)
            #expect(whose == "child" || (session.header.ceiling?.changes ?? 0) > 0)
            for (function, truth) in answer.truth {
                let estimate = allocated(by: function, in: session, symbolizer)
                // The variance of a sum is at most this, by the largest interval and size.
                let variance = Double(truth.allocBytes) * Double(session.header.largestInterval + 80_000)
                #expect(
                    abs(estimate - Double(truth.allocBytes)) <= 6 * variance.squareRoot(),
                    "\(function) of \(whose): \(estimate) of \(truth.allocBytes)")
            }
        }
        let parent = try #require(answers["parent"])
        let top = try SiltCommand.run("top", bench.path("Bursts.\(parent.pid).2.silt"))
        #expect(top.output.contains("Note: the interval was 1kB to "))
        #expect(top.output.contains("so that samples take at most 0.5% of CPU time"))
    }
}
