// SPDX-License-Identifier: Apache-2.0
//
// Which address is answered by what. Plain values in and out, so that tests ask it without a network.

#if Serve
    import SiltDriver
    import SiltHost

    /// Everything that is served.
    struct Site: Sendable {
        private let doorkeeper: Doorkeeper
        private let workshop: Workshop
        private let history: History?
        private let pprof: PprofPages
        private let reports: TargetReports
        private let live: LivePages
        private let metrics: MetricsPage
        /// What addresses without a target mean; nil: the only process.
        private let defaultTarget: String?

        init(
            doorkeeper: Doorkeeper, workshop: Workshop, history: History? = nil, recorder: Recorder? = nil,
            metricSites: Int = 0, metricSources: [any MetricSource] = [], defaultTarget: String? = nil,
            driver: Driver = Driver()
        ) {
            self.doorkeeper = doorkeeper
            self.workshop = workshop
            self.history = history
            pprof = PprofPages(workshop: workshop, history: history)
            reports = TargetReports(workshop: workshop, history: history, driver: driver)
            live = LivePages(workshop: workshop, history: history, driver: driver)
            metrics = MetricsPage(workshop: workshop, recorder: recorder, sites: metricSites, others: metricSources)
            self.defaultTarget = defaultTarget
        }

        /// Never fails: what goes wrong is an answer too.
        ///
        /// - Parameter body: reads the body; called only for who may ask, and where one is taken.
        func answer(_ question: Question, body: () async throws -> [UInt8] = { [] }) async -> Answer {
            if let refusal = doorkeeper.refusal(of: question) { return refusal }
            do {
                var question = question
                if question.mayPost { question.posted = try await body() }
                return try await page(question)
            } catch let refusal as Refusal {
                return .failure(400, refusal.words)
            } catch let bad as BadBody {
                return .failure(bad.status, bad.words, headers: [("Connection", "close")])
            } catch let lack as NoPast {
                return .failure(404, lack.words)
            } catch is Busy {
                return .failure(503, "too many wait for the same: come again later", headers: [("Retry-After", "10")])
            } catch let failure as Failure {
                return .failure(500, failure.description)
            } catch is CancellationError {
                return .failure(503, "the server is being stopped", headers: [("Connection", "close")])
            } catch {
                return .failure(500, printable("\(error)"))
            }
        }

        private func page(_ question: Question) async throws -> Answer {
            let path = question.path
            switch path.first {
            case nil:
                let targets = try await workshop.targets()
                let page = Overview.page(targets, searched: workshop.list.searched, host: hostName() ?? "this host")
                return .page(page, mayAskHere: true)
            case "healthz" where path.count == 1: return .text("ok\n")
            case "metrics" where path.count == 1: return try await metrics.answer(accept: question.accept)
            case "targets" where path.count == 1: return .json(Overview.json(try await workshop.targets()))
            case "targets":
                let targets = try await workshop.targets()
                return try await page(question, path.dropFirst(2), of: Choice(of: path[1], in: targets), named: path[1])
            default:
                let targets = try await workshop.targets()
                let choice = defaultTarget.map { Choice(of: $0, in: targets) } ?? Choice(targets)
                return try await page(question, path[...], of: choice, named: defaultTarget)
            }
        }

        private func page(
            _ question: Question, _ path: ArraySlice<String>, of choice: Choice, named name: String?
        ) async throws -> Answer {
            let target: Target
            switch choice {
            case .one(let one): target = one
            case .none:
                return .failure(
                    404, name.map { "\(printable($0)): no such process" } ?? "no process runs under Silt here")
            case .several(let several):
                let list = several.prefix(20).map { "\n/targets/\($0.id)/" }.joined()
                return .failure(
                    404, "\(several.count) processes could be meant: ask for one of them by its address\(list)")
            }
            switch path.first {
            case nil:
                guard question.endsWithSlash else { return .redirect(to: "\(target.id)/") }
                return .page(LivePages.page(of: target), mayAskHere: true)
            case "flame" where path.count == 1 && question.parameters["format"] == "json":
                return try await live.flame(of: target, question.parameters)
            case "flame" where path.count == 1: return try await live.file(of: target, question.parameters)
            case "baseline" where path.count == 1 && question.mayPost: return try await live.takeBaseline(of: target)
            case "course" where path.count == 1: return try await live.course(of: target)
            case "level" where path.count == 1: return try await live.level(of: target)
            case "top" where path.count == 1: return try await reports.top(of: target)
            case "rss" where path.count == 1: return try await reports.resident(of: target)
            case "explain" where path.count == 1: return try await reports.explain(of: target, question.parameters)
            case "history" where path.count == 1:
                guard let history else { throw NoPast(words: "no snapshots are taken: see --history-dir") }
                return .json(Overview.json(try await workshop.run { history.snapshots(of: target) }))
            case "debug" where path.dropFirst().first == "pprof":
                return try await pprof.answer(
                    Array(path.dropFirst(2)), isFolder: question.endsWithSlash, parameters: question.parameters,
                    posted: question.posted, of: target)
            default: return .failure(404, "no such address; / lists what there is")
            }
        }
    }
#endif
