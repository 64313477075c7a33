// SPDX-License-Identifier: Apache-2.0
//
// Waits for files to be complete in a directory: those moved to their final name or closed after writing. A test
// that waits so needs neither sleep nor polling.

import Glibc

/// Files that arrive in a directory from now on.
package final class Arrivals {
    private let directory: String
    private let descriptor: Int32
    private var names: [String] = []

    /// - Throws: ``Workbench/ToolFailure`` if the directory cannot be watched.
    package init(in directory: String) throws {
        self.directory = directory
        descriptor = inotify_init1(Int32(IN_CLOEXEC))
        let mask = UInt32(IN_MOVED_TO)
        guard descriptor >= 0, unsafe inotify_add_watch(descriptor, directory, mask) >= 0 else {
            throw Workbench.ToolFailure(description: "cannot watch \(directory)")
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// The path of the next file that has arrived.
    ///
    /// - Throws: ``Workbench/ToolFailure`` after a time that is far longer than any of them should need.
    package func next() throws -> String {
        while names.isEmpty {
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&ready, 1, 600_000) > 0 else {
                throw Workbench.ToolFailure(description: "no file arrived in \(directory)")
            }
            readNames()
        }
        return "\(directory)/\(names.removeFirst())"
    }

    private func readNames() {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        // struct inotify_event: watch, mask, cookie, length, each of four bytes; then the name, padded with zeros.
        var at = 0
        while at + 16 <= count {
            let length = bytes[(at + 12)..<(at + 16)].reversed().reduce(0) { $0 << 8 | Int($1) }
            let name = bytes[(at + 16)..<(at + 16 + length)].prefix { $0 != 0 }
            names.append(String(decoding: name, as: UTF8.self))
            at += 16 + length
        }
    }
}
