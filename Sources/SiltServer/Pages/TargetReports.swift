// SPDX-License-Identifier: Apache-2.0
//
// The commands' reports of one process, for a browser: `silt flame` and `silt top`, now, of the past, and what changed; and
// `silt rss`, now.

#if Serve
    import SiltDriver
    import SiltFile
    import SiltProfile
    import SiltReport

    struct TargetReports: Sendable {
        let workshop: Workshop
        let history: History?

        /// What `silt flame` writes.
        func flame(of target: Target, _ parameters: Parameters) async throws -> Answer {
            if parameters["threads"] != nil {
                return .page(
                    try await workshop.product("thread flame", of: target) { snapshot, names in
                        let threads = ThreadProfile([snapshot.session], symbols: names).profile
                        return threads.withUsedPlacesOnly().flameHTML(kind: .threads)
                    })
            }
            let (at, base) = try moments(parameters)
            guard at != nil || base != nil else {
                return .page(
                    try await workshop.product("flame", of: target) { snapshot, names in
                        try Self.flame(Profile.heap([snapshot.session], symbols: names), evidence: nil)
                    })
            }
            let past = try await Past(workshop: workshop, history: history).profile(of: target, at: at, base: base)
            return .page(try await workshop.run { try Self.flame(past.profile, evidence: past.evidence) })
        }

        private static func flame(_ heap: Profile, evidence: [Profile]?) throws -> [UInt8] {
            let folded = try Runtimes().fold(heap, by: evidence ?? [heap])
            return heap.withUsedPlacesOnly().flameHTML(kind: .inuseSpace, judgedAs: folded)
        }

        /// What `silt top` prints.
        func top(of target: Target) async throws -> Answer {
            .text(
                bytes: try await workshop.product("top", of: target) { snapshot, names in
                    let heap = Profile.heap([snapshot.session], symbols: names)
                    let profile = try FrameChoice().apply(to: heap, by: [heap])
                    let confidence = profile.confidence(in: .inuseSpace)
                    let report = TopReport(
                        profile, kind: .inuseSpace, options: ReportOptions(nodeCount: 30),
                        interval: confidence.map { confidence in
                            { estimate in
                                let interval = confidence.interval(of: estimate)
                                return interval.lower...interval.upper
                            }
                        })
                    return Array(report.text().utf8)
                })
        }

        /// What `silt rss -o` writes. The memory of the process is looked at for it: that takes a second for some gigabytes.
        func resident(of target: Target) async throws -> Answer {
            .page(
                try await workshop.product("rss", of: target) { snapshot, names in
                    try ResidentReport(of: snapshot, symbols: names).page()
                })
        }

        private func moments(_ parameters: Parameters) throws(Refusal) -> (at: PastMoment?, base: PastMoment?) {
            (try PprofQuestion.moment("at", parameters), try PprofQuestion.moment("base", parameters))
        }
    }
#endif
