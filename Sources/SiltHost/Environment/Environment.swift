// SPDX-License-Identifier: Apache-2.0
//
// The environment of this process, and the programs that `PATH` in it leads to. Nothing here changes it.

import Glibc

/// The value of an environment variable; nil if there is none or it is empty.
package func environmentVariable(_ name: String) -> String? {
    // Safe: the value is copied at once. Only `become` changes the environment, at the end of this process.
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe text(ofPath: value)
    return text.isEmpty ? nil : text
}

/// The file that a shell would start for a name without a slash; nil: none in `PATH`.
package func programInPath(_ name: String) -> String? {
    let path = environmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
    for folder in path.split(separator: ":", omittingEmptySubsequences: false) {
        let candidate = "\(folder.isEmpty ? "." : folder)/\(name)"
        if isExecutableFile(candidate) { return candidate }
    }
    return nil
}
