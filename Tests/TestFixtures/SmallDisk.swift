// SPDX-License-Identifier: Apache-2.0
//
// A disk that is soon full. Only where this user may mount one.

import TestSupport

/// A disk of so many KiB, while the value lives.
package final class SmallDisk {
    package let path: String

    package init(in directory: TemporaryDirectory, size: Int = 64) throws {
        path = try directory.directory("disk")
        try Workbench().run(["mount", "-t", "tmpfs", "-o", "size=\(size)k,mode=700", "tmpfs", path])
    }

    deinit { _ = try? Workbench().run(["umount", path]) }

    package static let isPermitted = (try? SmallDisk(in: try TemporaryDirectory())) != nil
}
