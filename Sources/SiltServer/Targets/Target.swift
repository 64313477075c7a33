// SPDX-License-Identifier: Apache-2.0
//
// A process that can be asked for, running or not, under a name that stays the same as long as anything of it is there.

#if Serve
    import SiltFile
    import SiltHost

    /// A session and what has become of its process.
    struct Target: Sendable, Identifiable {
        /// What no other process has had, here or before.
        struct Identity: Hashable, Sendable {
            var bootID: [UInt8]
            var pidNamespace: UInt64
            var pid: UInt32
            var startTicks: UInt64
            /// A process that calls exec begins a new session.
            var sessionStart: UInt64

            init(_ header: Header) {
                bootID = header.bootID
                pidNamespace = header.pidNamespace
                pid = header.pid
                startTicks = header.pidStartTicks
                sessionStart = header.startMonotonic
            }
        }

        /// As it stands in addresses: the program's name and the pid.
        let id: String
        let identity: Identity
        /// As this host counts; of a process in a container not its own number.
        let pid: UInt32
        let path: String
        let header: Header
        let status: SessionStatus
        /// Nanoseconds since 1970; nil: nothing was ever sampled.
        let lastEvent: UInt64?

        init(_ entry: Catalog.Entry, id: String) {
            self.id = id
            identity = Identity(entry.header)
            pid = entry.pid
            path = entry.path
            header = entry.header
            status = entry.status
            lastEvent = entry.summary.lastEvent
        }

        var program: String { header.comm }
        var isRunning: Bool { status == .running }
        /// Whether it runs is not known: it counts in another pid namespace, boot or machine.
        var isUnknown: Bool { status == .elsewhere || status == .otherBoot }
        /// What the process takes for `/`, if it is in a container and runs.
        var root: String? { isRunning ? ProcessTable().root(of: header, file: path) : nil }

        /// The id that a process gets if it is still free: letters that an address takes as they are.
        static func plainID(program: String, pid: UInt32) -> String {
            let name = program.map { character in
                character.isASCII && (character.isLetter || character.isNumber || "._+-".contains(character))
                    ? character : "_"
            }
            return "\(String(name))-\(pid)"
        }
    }
#endif
