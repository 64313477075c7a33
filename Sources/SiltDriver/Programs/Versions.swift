// SPDX-License-Identifier: Apache-2.0
//
// Which builds of the command and of libsilt.so are installed here, and whether they belong together.

import SiltFile
import SiltHost
import SiltSymbols

/// The command and the library that it would preload.
package struct Versions: Sendable {
    private var buildID: String
    /// The path of libsilt.so; nil: there is none.
    private var shim: String?

    package init(executable: String = "/proc/self/exe", shim: String? = try? Shim.find()) {
        buildID = BuildIdentity(path: executable).buildID
        self.shim = shim
    }

    /// A line for the command, one for the library; a third if they are not of the same release.
    package var text: String {
        var lines = [Self.line("silt \(siltVersion), commit \(ownCommit() ?? "not recorded")", buildID: buildID)]
        if let shim {
            let identity = BuildIdentity(path: shim)
            lines.append(
                Self.line("libsilt.so \(identity.version ?? "of unknown version")", buildID: identity.buildID)
                    + ", \(shim)")
        } else {
            lines.append("libsilt.so is not installed")
        }
        if let mismatch = shim.flatMap(Shim.mismatch) { lines.append("note: \(mismatch)") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func line(_ text: String, buildID: String) -> String {
        buildID.isEmpty ? text : "\(text), build id \(buildID)"
    }
}
