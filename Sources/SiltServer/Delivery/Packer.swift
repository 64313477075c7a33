// SPDX-License-Identifier: Apache-2.0
//
// From a session to the parcels that servers take: the heap and the threads, in the form of each server, with the labels of
// their series. It estimates nothing and sends nothing.

#if Serve
    import SiltFile
    import SiltPprof
    import SiltProfile
    import SiltSymbols

    /// The profiles of one process at one moment, named once for all servers.
    struct Packer: Sendable {
        private let heap: Profile
        private let threads: Profile?
        private let process: Profile.Process
        private let origin: Origin
        /// Of the parcels; the same after a restart.
        private let ids: [String]?

        /// - Parameters:
        ///   - time: of the parcels, in nanoseconds since 1970.
        ///   - end: why the process is gone, and what tells its end from all others; nil: it runs.
        init(
            _ session: Session, names: some FrameSource, host: String?, time: UInt64,
            end: (reason: String, ids: [String])? = nil
        ) {
            var heap = Profile.heap([session], symbols: names)
            var threads = ThreadProfile([session], symbols: names).counted(as: .goroutine)
            (heap.time, threads.time) = (time, time)
            self.heap = heap
            self.threads = threads.samples.isEmpty ? nil : threads
            process = heap.processes.first ?? Profile.Process(name: session.header.comm, pid: nil, exe: "")
            origin = Origin(host: host, end: end?.reason)
            ids = end?.ids
        }

        /// What goes to a server of this form.
        func parcels(for form: Destination.Form) -> [Parcel] {
            var parcels = [parcel(heap, named: "memory", for: form)]
            if let threads { parcels.append(parcel(threads, named: "goroutine", for: form)) }
            return parcels
        }

        private func parcel(_ profile: Profile, named name: String, for form: Destination.Form) -> Parcel {
            let id = ids.map { ParcelID(of: $0 + [name, form.rawValue]) } ?? .random()
            let content =
                form == .otlp
                ? profile.otlp(origin: origin, id: id.bytes, limits: .servers, compressed: true)
                : profile.pprofForServers()
            return Parcel(
                id: id, time: profile.time, isLast: ids != nil, labels: labels(named: name), content: content)
        }

        /// Each set of values is a series in the server's store.
        private func labels(named name: String) -> [Parcel.Label] {
            let values: [(String, String?)] = [
                ("__name__", name), ("service_name", origin.service(of: process)), ("__delta__", "false"),
                ("host", origin.host), ("build_id", heap.buildID(of: process)), ("pid", process.pid.map { "\($0)" }),
                ("reason", origin.end),
            ]
            return values.compactMap { name, value in
                guard let value, !value.isEmpty else { return nil }
                return Parcel.Label(name: name, value: value)
            }
        }
    }
#endif
