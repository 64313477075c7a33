// SPDX-License-Identifier: Apache-2.0
//
// A site that serves the sessions of one directory, asked without a network. Needs what `make test` builds before it runs the
// tests.

#if Serve
    import SiltDriver
    import SiltHost
    import SiltSymbols
    import TestSupport

    @testable import SiltServer

    /// A host with a folder of sessions, its programs, and the site that serves them.
    final class ServedHost {
        let bench: Workbench
        let workshop: Workshop
        let site: Site

        init(history: String? = nil, metricSites: Int = 0, target: String? = nil) throws {
            let bench = try Workbench()
            self.bench = bench
            workshop = Workshop(
                list: TargetList(directories: [bench.directory]), names: NameBook(options: Symbolizer.Options()))
            let past = try history.map { try History(folder: bench.path($0), budget: 1 << 30) }
            site = Site(
                doorkeeper: try Doorkeeper(ServeOptions()), workshop: workshop, history: past, metricSites: metricSites,
                defaultTarget: target)
        }

        /// Starts a program of known answers under the shim, and waits until it has allocated.
        func start(_ program: String, _ arguments: String...) throws -> Program {
            let build = absolutePath(".build")
            let process = try Program(
                ["\(build)/programs/\(program)"] + arguments,
                environment: [
                    ("LD_PRELOAD", "\(build)/shim/libsilt.so"), ("SILT_DIR", bench.directory), ("SILT_INTERVAL", "1"),
                ])
            _ = try process.lines(through: "ready")
            return process
        }

        func get(_ target: String, host: String? = "localhost:6060", accept: String? = nil) async throws -> Answer {
            guard let question = Question(target: target, host: host, accept: accept) else {
                throw Workbench.ToolFailure(description: "\(target) is no address")
            }
            return await site.answer(question)
        }
    }

    extension Answer {
        var text: String { String(decoding: body, as: UTF8.self) }
    }
#endif
