// SPDX-License-Identifier: Apache-2.0
//
// The command itself, as a person types it. Always with a directory of the test's own, so that no other session on
// the host is seen.

import SiltHost
import TestSupport

enum SiltCommand {
    /// Beside these tests, wherever they were built.
    static let path = "\(ownFolder())/silt"

    /// Runs `silt` to its end.
    static func run(
        _ arguments: String..., environment: [(name: String, value: String)] = []
    ) throws -> Program.Outcome {
        try Program([path] + arguments, environment: environment).finish()
    }

    /// The report that it prints.
    ///
    /// - Throws: ``Workbench/ToolFailure`` with its words if it does not end with status 0.
    static func report(_ arguments: String..., environment: [(name: String, value: String)] = []) throws -> String {
        let outcome = try Program([path] + arguments, environment: environment).finish()
        guard outcome.status == 0 else {
            throw Workbench.ToolFailure(description: "silt \(arguments): \(outcome.status)\n\(outcome.errors)")
        }
        return outcome.output
    }
}
