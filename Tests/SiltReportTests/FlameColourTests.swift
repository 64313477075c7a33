// SPDX-License-Identifier: Apache-2.0
//
// Pictures of changes whose truth is known: one law of noise for the picture, for the page and for `diff`.

import SiltProfile
import SiltSymbols
import TestFixtures
import TestSupport
import Testing

@testable import SiltReport

@Suite struct FlameColourTests {
    /// A service of twenty functions that all allocate through malloc: as many blocks went as came, but for `f0`.
    private struct Service {
        static let functions = 20
        let profile: Profile
        /// As `diff` shows it.
        let folded: Profile

        /// - Parameter leaked: blocks of 64 kB that only came, in `f0`.
        init(seed: UInt64, leaked: Int) {
            var random = SplitMix(seed: seed)
            let law = SamplingLaw(interval: 524_288)
            let size = 65_536.0
            func sampled(_ blocks: Int) -> UInt64 {
                let probability = law.probability(ofSize: size)
                return UInt64((0..<blocks).count { _ in Double.random(in: 0..<1, using: &random) < probability })
            }
            var profile = stackProfile((0..<Self.functions).map { ("main;serve;f\($0);malloc", 0, 0) })
            profile.kinds = [.inuseObjects, .inuseSpace]
            profile.interval = law.interval
            for index in profile.samples.indices {
                let (came, went) = (sampled(100 + (index == 0 ? leaked : 0)), sampled(100))
                profile.samples[index].values = [
                    law.objects(samples: came, ofSize: size) - law.objects(samples: went, ofSize: size),
                    law.bytes(samples: came, ofSize: size) - law.bytes(samples: went, ofSize: size),
                ]
            }
            self.profile = profile
            folded = Folding { frame, _ in frame.function == "malloc" ? .allocator : .application }(profile)
        }

        /// What `diff` prints, by function.
        var groups: [String: DiffReport.Group] {
            let judge = folded.confidence(in: .inuseSpace).map { confidence in
                { (changes: [Estimate]) in confidence.judge(changes).map(DiffReport.Verdict.init) }
            }
            let report = DiffReport(
                DiffReport.Comparison(profile: folded, relation: .sameProcess), kind: .inuseSpace,
                options: DiffReport.Options(count: nil), judge: judge)
            return Dictionary(report.rows.map { ($0.place.function, $0.group) }) { first, _ in first }
        }

        /// Names of the picture's frames that have the colour of growth or of shrinkage.
        var coloured: [String] {
            let svg = profile.flameSVG(judgedAs: folded)
            return svg.matches(of: /<title>([^\n<]*)\n[^<]*<\/title><rect class="(?:grew|shrank)"/).map { String($0.1) }
        }
    }

    @Test func leakIsRedAndWhatDiffCallsNoiseIsNot() {
        for seed in UInt64(1)...6 {
            let service = Service(seed: seed, leaked: 400)
            let groups = service.groups
            let told = Set(groups.filter { $0.value != .noise }.keys)
            let coloured = service.coloured
            #expect(groups["f0"] == .grew && coloured.contains("f0"), "seed \(seed)")
            let frames = coloured.filter { !["all", "main", "serve", "malloc"].contains($0) }
            #expect(told.isSuperset(of: frames), "seed \(seed): \(frames) in the picture, \(told) in the diff")
            #expect(coloured.count { $0 == "malloc" } <= frames.count, "seed \(seed): malloc is judged by its callers")
        }
    }

    /// By 1.96 standard deviations for each frame, most of these pictures would have a colour.
    @Test func pictureWithoutGrowthHasAColourInAtMostOneOfTwenty() {
        let seeds = UInt64(100)..<130
        let coloured = seeds.filter { !Service(seed: $0, leaked: 0).coloured.isEmpty }
        // Of 30, 1.5 are expected at most; more than 5 have a probability of 0.3 %.
        #expect(coloured.count <= 5, "seeds \(coloured)")
    }

    @Test(.enabled(if: PageScripts.isInstalled, "node is not installed"))
    func pageComesToTheSameIntervalsAndColoursAsReports() throws {
        for (seed, leaked) in [(UInt64(7), 400), (8, 0), (9, 60)] {
            let service = Service(seed: seed, leaked: leaked)
            let frames = try PageScripts.frames(of: service.profile.flameHTML(judgedAs: service.folded), kinds: 2)
            for kind in service.profile.kinds.indices {
                var sums: [String: Estimate] = [:]
                for sample in service.profile.samples {
                    var path = ""
                    sums[path, default: .zero] += sample.values[kind]
                    for location in sample.locations.reversed() {
                        path += "/" + (service.profile.locations[location].frames[0].function ?? "")
                        sums[path, default: .zero] += sample.values[kind]
                    }
                }
                try expect(frames[kind], areOf: sums, in: service.profile, kind: kind, "seed \(seed)")
            }
            let coloured = frames[1].filter { $0.value.direction != 0 && $0.key != "" }.map {
                String($0.key.split(separator: "/").last ?? "")
            }
            #expect(coloured.sorted() == service.coloured.filter { $0 != "all" }.sorted(), "seed \(seed)")
        }
    }

    @Test(.enabled(if: PageScripts.isInstalled, "node is not installed"))
    func pageComesToTheIntervalsOfSumsOfAllSizes() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix(seed: seed)
        let law = SamplingLaw(interval: 524_288)
        var profile = stackProfile((0..<60).map { ("f\($0)", 0, 0) })
        profile.kinds = [.inuseObjects, .inuseSpace]
        profile.interval = law.interval
        var sums = [[String: Estimate]](repeating: ["": .zero], count: 2)
        for index in profile.samples.indices {
            func figures(_ isDifference: Bool) -> [Estimate] {
                let size = Double(16 << Int.random(in: 0...17, using: &random))
                let samples = UInt64.random(in: 1...(index % 3 == 0 ? 2000 : 4), using: &random)
                var both = [law.objects(samples: samples, ofSize: size), law.bytes(samples: samples, ofSize: size)]
                both[0].sizes = BlockSizes(samples: samples, ofSize: size, by: law)
                return isDifference ? both.map { Estimate.noDifference - $0 } : both
            }
            profile.samples[index].values = figures(false)
            if index.isMultiple(of: 2) {
                for (kind, went) in figures(true).enumerated() { profile.samples[index].values[kind] += went }
            }
            for kind in 0..<2 {
                sums[kind]["/f\(index)"] = profile.samples[index].values[kind]
                sums[kind]["", default: .zero] += profile.samples[index].values[kind]
            }
        }
        let frames = try PageScripts.frames(of: profile.flameHTML(), kinds: 2)
        for kind in 0..<2 { try expect(frames[kind], areOf: sums[kind], in: profile, kind: kind, "seed \(seed)") }
    }

    /// Expects the page's intervals to be those of ``Confidence``, to a thousandth of their width: the page is given
    /// rounded figures, and where two sums are almost equally certain that can change over which of them is integrated.
    private func expect(
        _ frames: [String: PageScripts.Frame], areOf sums: [String: Estimate], in profile: Profile, kind: Int,
        _ comment: String
    ) throws {
        let confidence = try #require(profile.confidence(in: profile.kinds[kind]))
        #expect(Set(frames.keys) == Set(sums.keys))
        for (path, sum) in sums {
            let frame = try #require(frames[path])
            let interval = confidence.interval(of: sum)
            let width = interval.upper - interval.lower
            // Of an interval without one end only rounding is allowed for: a millionth of the other end.
            let measure = width.isFinite ? width : 1e-3 * min(interval.lower.magnitude, interval.upper.magnitude)
            let tolerance = 1e-3 * measure + 1e-3 * sum.value.magnitude
            let ends = [(frame.lower, interval.lower), (frame.upper, interval.upper)]
            #expect(
                ends.allSatisfy { page, report in
                    page == report || (page.isFinite && report.isFinite && (page - report).magnitude <= tolerance)
                }, "\(comment), kind \(kind), \(path): page \(frame), \(interval) of \(sum)")
        }
    }
}
