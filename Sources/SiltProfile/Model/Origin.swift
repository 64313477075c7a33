// SPDX-License-Identifier: Apache-2.0
//
// Where a profile was taken, by the names under which a fleet knows its hosts, services and builds.

/// A host and a service, as far as they are known or were named.
package struct Origin: Hashable, Sendable {
    /// Nil: not known.
    package var host: String?
    /// Nil: each process by its own name.
    package var service: String?
    /// How the process ended: `oom`; nil: it runs, or nothing is known.
    package var end: String?

    package init(host: String? = nil, service: String? = nil, end: String? = nil) {
        self.host = host
        self.service = service
        self.end = end
    }

    /// What a process is called among the services.
    package func service(of process: Profile.Process) -> String { service ?? process.name }
}

extension Profile {
    /// The build id of a process's program; empty if it is not known.
    package func buildID(of process: Process) -> String {
        mappings.first { $0.path == process.exe && !$0.buildID.isEmpty }?.buildID ?? ""
    }
}
