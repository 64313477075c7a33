// SPDX-License-Identifier: Apache-2.0
//
// `/metrics`: the figures of all processes under their names. It is the one place where those names are, and they are
// promised: alert rules and dashboards depend on them.

#if Serve
    import SiltDriver
    import SiltFile
    import SiltHost
    import SiltProfile

    /// Makes the page.
    struct MetricsPage: Sendable {
        let workshop: Workshop
        let recorder: Recorder?
        /// What has figures of its own.
        let others: [any MetricSource]
        /// Functions that each process has series of; 0: none.
        let sites: Int
        private let floors = CounterFloors()
        private let figures = KeptValues<TargetFigures>(room: 1 << 14) { _ in 1 }

        /// However many processes there are, no more series than this are of functions.
        static let mostSiteSeries = 1000
        static let mostSites = 50

        init(workshop: Workshop, recorder: Recorder?, sites: Int, others: [any MetricSource] = []) {
            self.workshop = workshop
            self.recorder = recorder
            self.others = others
            self.sites = min(sites, Self.mostSites)
        }

        func answer(accept: String?) async throws -> Answer {
            let form = Exposition(accept: accept)
            let bytes = try await workshop.product("metrics \(form)") { () async throws -> [UInt8] in
                let targets = try await workshop.targets()
                let families = try await workshop.run { self.families(targets) }
                return Array(form.text(families).utf8)
            }
            return .text(bytes: bytes, type: form.type)
        }

        private func figures(of target: Target, sites: Int, _ processes: ProcessTable) throws -> TargetFigures {
            var (figures, isNew) = try figures.value("\(target.id) \(sites)", of: target) {
                TargetFigures(
                    try workshop.read(target, processes: processes), sites: sites, names: workshop.names(for: target))
            }
            if !isNew { figures.process = processes.process(of: target.header, file: target.path).facts }
            return figures
        }

        private func families(_ targets: [Target]) -> [MetricFamily] {
            var metrics = TargetMetrics()
            metrics.build.add(1.0, [("version", siltVersion)])
            for status in ["running", "ended"] {
                metrics.targets.add(
                    Double(targets.count { $0.isRunning == (status == "running") }), [("status", status)])
            }
            let now = Clock.realtime()
            let processes = ProcessTable().atOneMoment()
            var room = Self.mostSiteSeries
            for target in targets {
                let labels: MetricLabels = [
                    ("target", target.id), ("program", printable(target.program)), ("pid", "\(target.pid)"),
                ]
                metrics.up.add(target.isRunning ? 1.0 : 0, labels)
                metrics.start.add(Double(target.header.startRealtime) / 1e9, labels)
                metrics.age.add(target.lastEvent.map { Double(now - min(now, $0)) / 1e9 }, labels)
                guard target.isRunning else { continue }
                let isShown = sites > 0 && room >= sites
                guard let figures = try? figures(of: target, sites: isShown ? sites : 0, processes) else {
                    metrics.readable.add(0.0, labels)
                    continue
                }
                metrics.readable.add(1.0, labels)
                if sites > 0, !isShown { metrics.unshown += 1 }
                room -= figures.sites.count
                metrics.add(figures, labels, floors: floors, target: target.id)
                if let forecast = recorder?.forecast(of: target.id) {
                    metrics.limitReached.add(forecast.estimate.map { $0 / .seconds(1) }, labels)
                    metrics.limitSoonest.add(forecast.soonest / .seconds(1), labels)
                }
            }
            floors.keep(only: Set(targets.map(\.id)))
            if sites > 0 { metrics.sitesLeftOut.add(Double(metrics.unshown), []) }
            return metrics.all + others.flatMap { $0.families() }
        }
    }

    /// All families, filled process by process.
    private struct TargetMetrics {
        var build = MetricFamily("silt_build_info", "The release of silt that serves.")
        var targets = MetricFamily("silt_targets", "Processes with a session, by whether they run.")
        var up = MetricFamily("silt_target_up", "Whether the process runs.")
        var readable = MetricFamily("silt_target_readable", "Whether its session could be read just now.")
        var start = MetricFamily("silt_session_start_time_seconds", "When the session began, since 1970.")
        var age = MetricFamily("silt_data_age_seconds", "Time since the newest event that the session recorded.")
        var inUse = MetricFamily("silt_heap_inuse_bytes", "Estimated bytes that are allocated and not freed.")
        var inUseLower = MetricFamily(
            "silt_heap_inuse_lower_bytes", "Lower end of the 95 % interval of the bytes in use.")
        var inUseUpper = MetricFamily(
            "silt_heap_inuse_upper_bytes", "Upper end of the 95 % interval of the bytes in use.")
        var objects = MetricFamily("silt_heap_inuse_objects", "Estimated blocks that are allocated and not freed.")
        var objectsLower = MetricFamily(
            "silt_heap_inuse_lower_objects", "Lower end of the 95 % interval of the blocks in use.")
        var objectsUpper = MetricFamily(
            "silt_heap_inuse_upper_objects", "Upper end of the 95 % interval of the blocks in use.")
        var allocated = MetricFamily(
            "silt_heap_allocated_bytes_total", "Estimated bytes that were allocated since the start.", .counter)
        var allocatedObjects = MetricFamily(
            "silt_heap_allocated_objects_total", "Estimated blocks that were allocated since the start.", .counter)
        var freed = MetricFamily(
            "silt_heap_freed_bytes_total", "Estimated bytes that were freed since the start.", .counter)
        var freedObjects = MetricFamily(
            "silt_heap_freed_objects_total", "Estimated blocks that were freed since the start.", .counter)
        var samples = MetricFamily(
            "silt_live_samples", "Sampled blocks that are in use: the more, the narrower the intervals.")
        var losses = MetricFamily("silt_lost_samples_total", "What could not be recorded, by reason.", .counter)
        var missedFrees = MetricFamily(
            "silt_missed_frees_total", "Frees that did not pass through the library, as far as they were noticed.",
            .counter)
        var threads = MetricFamily("silt_threads", "Threads of the process.")
        var resident = MetricFamily("silt_resident_memory_bytes", "Resident memory of the process.")
        var limit = MetricFamily("silt_memory_limit_bytes", "The tightest memory limit of its control groups.")
        var charged = MetricFamily(
            "silt_memory_charged_bytes",
            "What counts against that limit, without cache that the kernel takes back first.")
        var limitReached = MetricFamily(
            "silt_time_to_limit_seconds", "When the limit is reached if growth goes on; only where the data tell.")
        var limitSoonest = MetricFamily("silt_time_to_limit_soonest_seconds", "The soonest that this can be, at 95 %.")
        var sites = MetricFamily("silt_site_inuse_bytes", "Estimated bytes in use by the function that holds them.")
        var sitesLeftOut = MetricFamily(
            "silt_sites_left_out", "Processes whose functions are not told, for the sake of a bound.")
        /// How many these are.
        var unshown = 0

        var all: [MetricFamily] {
            [
                build, targets, up, readable, start, age, inUse, inUseLower, inUseUpper, objects, objectsLower,
                objectsUpper,
                allocated, allocatedObjects, freed, freedObjects, samples, losses, missedFrees, threads, resident,
                limit,
                charged, limitReached, limitSoonest, sites, sitesLeftOut,
            ]
        }

        mutating func add(
            _ figures: TargetFigures, _ labels: MetricLabels, floors: CounterFloors,
            target: Target.ID
        ) {
            inUse.add(figures.inUseBytes.value, labels)
            inUseLower.add(figures.inUseBytes.interval?.lowerBound, labels)
            inUseUpper.add(figures.inUseBytes.interval?.upperBound, labels)
            objects.add(figures.inUseObjects.value, labels)
            objectsLower.add(figures.inUseObjects.interval?.lowerBound, labels)
            objectsUpper.add(figures.inUseObjects.interval?.upperBound, labels)
            let counters = floors.raised(
                [figures.allocatedBytes, figures.allocatedObjects, figures.freedBytes, figures.freedObjects], of: target
            )
            allocated.add(counters[0], labels)
            allocatedObjects.add(counters[1], labels)
            freed.add(counters[2], labels)
            freedObjects.add(counters[3], labels)
            samples.add(Double(figures.samples), labels)
            for loss in figures.losses { losses.add(loss.count, labels + [("reason", "\(loss.reason)")]) }
            missedFrees.add(figures.missedFrees, labels)
            threads.add(figures.process?.threads, labels)
            resident.add(figures.process?.rss, labels)
            limit.add(figures.process?.memoryLimit, labels)
            charged.add(figures.process?.memoryCurrent, labels)
            for site in figures.sites { sites.add(site.bytes, labels + [("function", site.function)]) }
        }
    }
#endif
