// SPDX-License-Identifier: Apache-2.0
//
// Estimates against the truth, at the default interval.

import SiltFile
import SiltProfile
import SiltSymbols
import TestSupport
import Testing

@Suite struct AccuracyTests {
    /// A live set of 4 GiB of which everything has been replaced at random. By the
    /// sampling law and Churn's sizes the standard deviation of the estimate is 0.67 %: 5 % is more than seven of them.
    @Test func inUseOfAChurnedHeapIsWithinFivePercent() throws {
        let bench = try Workbench()
        let seed = UInt64.random(in: 1...UInt64.max)
        let outcome = try Program(
            [Victims.program("Churn"), "exit", "\(4 << 30)", "1000000", "\(seed)"],
            environment: Victims.environment(directory: bench.directory, interval: nil)
        ).finish()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let live = try #require(outcome.output.split(separator: "\n").first { $0.hasPrefix("live ") })
        let truth = try #require(live.split(separator: " ").last.flatMap { Double($0) })
        #expect(truth > 3.9e9)

        let dumps = try Victims.files(in: bench.directory, suffix: ".silt")
        let session = try Session(contentsOf: try #require(dumps.first))
        #expect(session.losses.isEmpty, "\(session.losses)")
        let profile = Profile.heap([session], symbols: Symbolizer())
        let estimate = profile.total(kind: .inuseSpace)
        #expect(abs(estimate.value / truth - 1) < 0.05, "\(estimate.value) of \(truth), seed \(seed)")
    }
}
