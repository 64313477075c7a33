// SPDX-License-Identifier: Apache-2.0
//
// The session of a process in a container, kept open: its file and its programs are reached through the process, and cannot
// be reached any more when that has ended.

#if Serve
    import SiltHost

    /// A session and its programs; closed with the value.
    struct HeldSession: Sendable {
        private let session: OpenFile
        private let root: OpenFile?

        /// Nil: it need not be held, or cannot be opened.
        init?(_ target: Target) {
            guard target.path.hasPrefix("/proc/"), let session = OpenFile(target.path) else { return nil }
            self.session = session
            root = target.root.flatMap(OpenFile.init)
        }

        /// Where the session can be read as long as it is held.
        var path: String { session.path }
        /// What its process took for `/`.
        var roots: [String] { root.map { [$0.path] } ?? [] }
    }

    /// A file or a folder, under a name that is its own as long as it is open.
    private final class OpenFile: Sendable {
        private let descriptor: Descriptor

        /// Nil: it cannot be opened.
        init?(_ path: String) {
            guard let opened = try? Descriptor(opening: path) else { return nil }
            descriptor = opened
        }

        var path: String { "/proc/self/fd/\(descriptor.number)" }
    }
#endif
