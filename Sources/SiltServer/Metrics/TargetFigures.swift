// SPDX-License-Identifier: Apache-2.0
//
// The figures of one process that become metrics: estimates with their intervals, counters, and what the kernel says. The
// same numbers as in the reports, of the same moment.

#if Serve
    import SiltDriver
    import SiltFile
    import SiltHost
    import SiltProfile
    import SiltReport

    /// What is told of one process at one moment.
    struct TargetFigures: Sendable {
        /// What is in use, with the limits of its 95 % interval; nil limits: nothing is known of how it was sampled.
        struct Level: Sendable {
            var value: Double
            var interval: ClosedRange<Double>?
        }

        /// What is held by one function, runtimes folded as in `silt top`.
        struct Site: Sendable {
            var function: String
            var bytes: Double
        }

        var inUseBytes: Level
        var inUseObjects: Level
        var allocatedBytes: Double
        var allocatedObjects: Double
        var freedBytes: Double
        var freedObjects: Double
        /// Living samples.
        var samples: Int
        var losses: [Loss]
        var missedFrees: UInt64
        /// Nil: the process is gone.
        var process: ProcessFacts?
        var sites: [Site] = []

        /// - Parameters:
        ///   - sites: how many functions are told of.
        ///   - names: asked only if there are any.
        init(_ snapshot: Snapshot, sites count: Int, names: Names) {
            let session = snapshot.session
            let profile =
                count > 0
                ? Profile.heap([session], symbols: names) : Profile.heap([session], symbols: NoNames())
            func level(_ kind: Profile.Kind) -> Level {
                let total = profile.total(kind: kind)
                let interval = profile.confidence(in: kind)?.interval(of: total)
                return Level(value: total.value, interval: interval.map { $0.lower...$0.upper })
            }
            inUseBytes = level(.inuseSpace)
            inUseObjects = level(.inuseObjects)
            allocatedBytes = profile.total(kind: .allocSpace).value
            allocatedObjects = profile.total(kind: .allocObjects).value
            (freedBytes, freedObjects) = Self.freed(in: session)
            samples = session.live.count
            losses = session.losses
            missedFrees = session.missedFrees.count
            process = snapshot.process
            if count > 0 { sites = Self.sites(of: profile, count: count) }
        }

        /// As what was allocated is estimated: the average size of a site stands for each of its blocks.
        private static func freed(in session: Session) -> (bytes: Double, objects: Double) {
            var (bytes, objects) = (0.0, 0.0)
            for (id, site) in session.sites.sorted(by: { $0.key < $1.key }) where site.freeObjects > 0 {
                let law = session.law(of: id)
                let size = Double(site.freeBytes) / Double(site.freeObjects)
                bytes += law.bytes(samples: site.freeObjects, ofSize: size).value
                objects += law.objects(samples: site.freeObjects, ofSize: size).value
            }
            return (bytes, objects)
        }

        private static func sites(of profile: Profile, count: Int) -> [Site] {
            guard let folded = try? FrameChoice().apply(to: profile, by: [profile]) else { return [] }
            let top = TopReport(
                folded, kind: .inuseSpace, options: ReportOptions(nodeFraction: 0, nodeCount: count), interval: nil)
            // One name may stand at several places.
            var bytes: [String: Double] = [:]
            for row in top.rows where row.flat.value > 0 {
                bytes[String(printable(row.name).prefix(200)), default: 0] += row.flat.value
            }
            return bytes.map { Site(function: $0.key, bytes: $0.value) }
                .sorted { ($1.bytes, $0.function) < ($0.bytes, $1.function) }
        }
    }
#endif
