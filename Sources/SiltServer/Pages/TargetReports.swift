// SPDX-License-Identifier: Apache-2.0
//
// The commands' reports of one process, for a browser: `silt top` and `silt rss`, now, and the verdict of `silt explain`.

#if Serve
    import SiltDriver
    import SiltFile
    import SiltProfile
    import SiltReport

    struct TargetReports: Sendable {
        let workshop: Workshop
        let history: History?
        let driver: Driver

        /// Of what is kept of the past, so many snapshots at most, evenly over the time, come to a verdict.
        static let mostMoments = 11

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

        /// What `silt explain` says: of the process now, and of what is kept of its past. JSON of at most 4 KiB; as text
        /// with `format=text`.
        func explain(of target: Target, _ parameters: Parameters) async throws -> Answer {
            let isText = parameters["format"] == "text"
            let bytes = try await workshop.product("\(target.id) explain \(isText)") {
                try await workshop.run {
                    let past = Self.spread(history?.snapshots(of: target).map(\.path) ?? [], over: Self.mostMoments)
                    let explanation = try driver.explain(past + [target.path])
                    return isText ? Array(explanation.text().utf8) : explanation.json()
                }
            }
            return isText ? .text(bytes: bytes) : .json(bytes)
        }

        /// The first, the last, and others between them in equal steps.
        static func spread<Moment>(_ moments: [Moment], over most: Int) -> [Moment] {
            guard moments.count > most, most > 1 else { return moments }
            return (0..<most).map { moments[$0 * (moments.count - 1) / (most - 1)] }
        }
    }
#endif
