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

/// The variables of this process whose names begin so, empty ones too.
package func environmentVariables(named prefix: String) -> [String: String] {
    var variables: [String] = []
    // Safe: the list ends with nil, its strings are terminated, and each is copied at once. Only `become` changes them.
    var entry = unsafe environ
    while let variable = unsafe entry.pointee {
        variables.append(unsafe text(ofPath: variable))
        unsafe entry += 1
    }
    return settings(in: variables).filter { $0.key.hasPrefix(prefix) }
}

/// From `NAME=VALUE` to values by their names; of those that are there twice, the first, as getenv(3) has it.
func settings(in variables: [String]) -> [String: String] {
    Dictionary(
        variables.compactMap { variable in
            variable.firstIndex(of: "=").map { at in
                (String(variable[..<at]), String(variable[variable.index(after: at)...]))
            }
        }, uniquingKeysWith: { first, _ in first })
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
