// SPDX-License-Identifier: Apache-2.0
//
// Python with the packages of other people that judge our files; `make setup-test` puts them into .build/python. Without
// it the tests that need them say so and are skipped.

import Glibc

package enum Python {
    /// Tests run in the package's folder, and programs in others.
    package static let path: String = {
        // Safe: with no buffer given, getcwd makes one, which is freed once it is copied.
        guard let folder = unsafe getcwd(nil, 0) else { return "" }
        defer { unsafe free(folder) }
        return unsafe String(cString: folder) + "/.build/python/bin/python"
    }()

    /// Why a test is skipped.
    package static func missing(_ module: String) -> String {
        "\(path) has no \(module): make setup-test installs it where there is pip and a network"
    }

    package static func has(_ module: String) -> Bool {
        guard Workbench.find(path) != nil, let program = try? Program([path, "-c", "import \(module)"]) else {
            return false
        }
        return (try? program.finish().status) == 0
    }

    /// What a script prints.
    ///
    /// - Throws: ``Workbench/ToolFailure`` with what it said if it failed.
    package static func run(_ script: String, _ arguments: String...) throws -> String {
        let outcome = try Program([path, "-c", script] + arguments).finish()
        guard outcome.status == 0 else { throw Workbench.ToolFailure(description: outcome.errors) }
        return outcome.output
    }
}
