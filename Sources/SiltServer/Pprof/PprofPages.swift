// SPDX-License-Identifier: Apache-2.0
//
// `/debug/pprof/` of one process: what Go's users, pprof and scrapers ask for, in the forms that they take. The figures are
// those of the reports; nothing is estimated here.

#if Serve
    import SiltDriver
    import SiltFile
    import SiltHost
    import SiltPprof
    import SiltProfile
    import SiltReport
    import SiltSymbols

    /// Answers what is asked of a process's profiles.
    struct PprofPages: Sendable {
        let workshop: Workshop
        let history: History?
        let deltas = DeltaBases()
        let allocators = AllocatorPatterns()
        let waits = Waits(most: 16)

        init(workshop: Workshop, history: History?) {
            self.workshop = workshop
            self.history = history
        }

        /// - Parameters:
        ///   - path: behind `/debug/pprof/`.
        ///   - isFolder: whether the address ended with a slash.
        func answer(_ path: [String], isFolder: Bool, parameters: Parameters, posted: [UInt8] = [], of target: Target)
            async throws -> Answer
        {
            guard let first = path.first else {
                return isFolder ? .page(PprofIndex.page(of: target)) : .redirect(to: "pprof/")
            }
            guard path.count == 1 else { return Self.unknown }
            switch first {
            case "cmdline": return .text(bytes: try await workshop.run { Self.commandLine(of: target) })
            case "symbol":
                return .text(
                    try await symbols(of: parameters.names + [String(decoding: posted, as: UTF8.self)], in: target))
            default: break
            }
            guard let name = PprofName(rawValue: first) else { return Self.unknown }
            let question = try PprofQuestion(parameters, for: name)
            switch name {
            case .heap, .allocs: return try await heap(name, question, of: target)
            case .goroutine, .threadcreate: return try await threads(name, question, of: target)
            case .deltaHeap: return .profile(try await deltaHeap(of: target), named: "delta_heap")
            case .block, .mutex, .profile:
                let empty = EmptyProfile(name)
                return question.debug > 0 ? .text(empty.text) : .profile(empty.pprof(), named: first)
            }
        }

        private static var unknown: Answer { .failure(404, "Unknown profile") }

        // MARK: The heap

        private func heap(_ name: PprofName, _ question: PprofQuestion, of target: Target) async throws -> Answer {
            let first = name == .allocs ? Profile.Kind.allocSpace.name : nil
            if let seconds = question.seconds {
                let (base, after) = try await snapshots(of: target, apart: seconds)
                let bytes = try await workshop.run {
                    let change = Diff(from: base.session, to: after.session, symbols: workshop.names(for: target))
                    return change.profile.forScrapers(
                        first: first, isDifference: true, hiding: allocators.pattern(of: change.after, target.id))
                }
                return .profile(bytes, named: "\(name.rawValue)-delta")
            }
            if question.at != nil || question.base != nil {
                return try await past(question, first: first, name: name.rawValue, of: target)
            }
            if question.debug > 0 {
                return .text(
                    bytes: try await workshop.product("heap text", of: target) { snapshot, names in
                        Array(Profile.heap([snapshot.session], symbols: names).heapText().utf8)
                    })
            }
            let bytes = try await workshop.product(
                name.rawValue, of: target, renew: { PprofFile.dated($0, time: Clock.realtime()) }
            ) { snapshot, names in
                let heap = Profile.heap([snapshot.session], symbols: names)
                return heap.forScrapers(first: first, hiding: allocators.pattern(of: heap, target.id))
            }
            return .profile(bytes, named: name.rawValue)
        }

        /// A heap of the past, or what has changed since.
        private func past(
            _ question: PprofQuestion, first: String?, name: String, of target: Target
        ) async throws -> Answer {
            let change = try await Past(workshop: workshop, history: history).profile(
                of: target, at: question.at, base: question.base)
            let suffix = question.base == nil ? "" : "-delta"
            if question.debug > 0 {
                guard question.base == nil else { throw Refusal(words: "base and debug params are incompatible") }
                return .text(try await workshop.run { change.profile.heapText() })
            }
            let bytes = try await workshop.run {
                change.profile.forScrapers(
                    first: first, isDifference: question.base != nil,
                    hiding: change.evidence.last.flatMap { allocators.pattern(of: $0, target.id) })
            }
            return .profile(bytes, named: name + suffix)
        }

        /// Two snapshots, now and a while later.
        ///
        /// - Throws: ``Busy`` if many wait already: each holds a session in memory.
        private func snapshots(of target: Target, apart seconds: Int) async throws -> (Snapshot, Snapshot) {
            try await waits.hold {
                let base = try await workshop.snapshot(of: target)
                try await Task.sleep(for: .seconds(seconds))
                return (base, try await workshop.snapshot(of: target))
            }
        }

        private func deltaHeap(of target: Target) async throws -> [UInt8] {
            // Not shared: what is new is told once.
            let snapshot = try await workshop.snapshot(of: target)
            return try await workshop.run {
                let session = deltas.sinceLast(snapshot.session, of: target.id)
                return Profile.heap([session], symbols: workshop.names(for: target)).forScrapers()
            }
        }

        // MARK: Threads

        private func threads(_ name: PprofName, _ question: PprofQuestion, of target: Target) async throws -> Answer {
            let kind = Profile.Kind(name: name.rawValue, unit: "count")
            if let seconds = question.seconds {
                let (base, after) = try await snapshots(of: target, apart: seconds)
                let bytes = try await workshop.run {
                    let profiles = [base, after].map {
                        ThreadProfile([$0.session], symbols: workshop.names(for: target)).counted(as: kind)
                    }
                    return Diff(from: profiles[0], to: profiles[1]).profile.forScrapers(isDifference: true)
                }
                return .profile(bytes, named: "\(name.rawValue)-delta")
            }
            let form = min(question.debug, name == .goroutine ? 2 : 1)
            let bytes = try await workshop.product("\(name.rawValue) \(form)", of: target) { snapshot, names in
                let threads = ThreadProfile([snapshot.session], symbols: names)
                switch form {
                case 0: return threads.counted(as: kind).forScrapers()
                case 1: return Array(threads.counted(as: kind).countText(of: name.rawValue, kind: kind).utf8)
                default:
                    let facts = snapshot.process.map { ProcessTable().threads(of: $0.pid) } ?? [:]
                    return Array(threads.stackText(facts).utf8)
                }
            }
            return form == 0 ? .profile(bytes, named: name.rawValue) : .text(bytes: bytes)
        }

        // MARK: The rest

        /// Arguments with zeros between them, as Go has it; of a process that is gone the program's path.
        private static func commandLine(of target: Target) -> [UInt8] {
            (target.isRunning ? ProcessTable().commandLine(of: target.pid) : nil) ?? Array(target.header.exe.utf8)
        }

        /// `symbol?0x1234+0x5678`: a line for each address that has a name.
        private func symbols(of texts: [String], in target: Target) async throws -> String {
            let addresses = texts.flatMap { $0.split(separator: "+") }.compactMap {
                $0.hasPrefix("0x") ? UInt64($0.dropFirst(2), radix: 16) : nil
            }
            guard !addresses.isEmpty else { return "num_symbols: 1\n" }
            let snapshot = try await workshop.snapshot(of: target)
            return try await workshop.run {
                let known = Self.functions(at: addresses, in: snapshot.session.modules, workshop.names(for: target))
                let lines = addresses.compactMap { address in
                    known[address].map { "0x\(String(address, radix: 16)) \(printable($0))\n" }
                }
                return "num_symbols: 1\n" + lines.joined()
            }
        }

        /// Asks once for each module: each question may write all that is known of one to the cache.
        private static func functions(
            at addresses: [UInt64], in modules: [Module], _ names: Names
        ) -> [UInt64: String] {
            let byModule = Dictionary(grouping: Set(addresses)) { address in
                modules.firstIndex { $0.text.contains(address) }
            }
            var functions: [UInt64: String] = [:]
            for (module, addresses) in byModule {
                guard let module else { continue }
                for (address, frames) in zip(addresses, names.frames(at: addresses, in: modules[module])) {
                    functions[address] = frames.last?.function
                }
            }
            return functions
        }
    }

    extension Profile {
        /// As scrapers take it.
        ///
        /// - Parameters:
        ///   - first: the kind that pprof shows first; nil: the last.
        ///   - isDifference: whether it tells of a span of time.
        ///   - hidden: a pattern of functions that pprof leaves out.
        func forScrapers(first: String? = nil, isDifference: Bool = false, hiding hidden: String? = nil) -> [UInt8] {
            var profile = withUsedPlacesOnly()
            profile.isChange = isDifference
            // Those who scrape allocations subtract each profile from the next.
            let isSubtracted = first == Kind.allocSpace.name && !isDifference
            return profile.pprofForServers(
                sizes: isSubtracted ? .together : .apartIfTheyFit, defaultSampleType: first, dropFrames: hidden)
        }
    }
#endif
