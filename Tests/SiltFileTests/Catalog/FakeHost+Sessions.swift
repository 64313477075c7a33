// SPDX-License-Identifier: Apache-2.0
//
// Session files on a host made of files.

import CSiltFormat
import Glibc
import TestFixtures

@testable import SiltFile

extension FakeHost {
    /// Adds a session's file; `change` edits ``SessionBytes/small`` before it is written.
    @discardableResult func session(
        _ name: String, pid: UInt32 = 4242, _ change: (inout SessionBytes) -> Void = { _ in }
    ) throws -> String {
        var session = SessionBytes.small
        session.header.pid = pid
        change(&session)
        return try directory.file("silt/\(name)", name.hasSuffix(".live.silt") ? session.live() : session.dump())
    }

    func catalog(reader: UInt32 = getuid(), wholeHost: Bool = false) -> Catalog {
        Catalog(
            directories: [directory.path + "/silt"], processes: processes, kernelLog: directory.path + "/kmsg",
            reader: reader, isOfWholeHost: wholeHost)
    }
}
