// SPDX-License-Identifier: Apache-2.0
//
// Running programs as a user without rights, where the tests themselves run as root.

import Glibc
import TestSupport

enum Nobody {
    static let uid: UInt32 = 65534
    static let command = [
        "/usr/bin/setpriv", "--reuid", "\(uid)", "--regid", "\(uid)", "--clear-groups", "--no-new-privs",
    ]

    /// Whether the tests may change to the user `nobody`, and this user may execute the file.
    static func mayRun(_ path: String) -> Bool {
        guard geteuid() == 0, unsafe access(command[0], X_OK) == 0 else { return false }
        return (try? Program(command + ["/usr/bin/test", "-x", path]).finish().status) == 0
    }
}
