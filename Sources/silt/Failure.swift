// SPDX-License-Identifier: Apache-2.0
//
// An error that has found its words, with the exit status that stands for it.

/// What a person is told, and how the command ends.
struct Failure: Error {
    var message: String
    var status: Int32

    /// Something to be read cannot be read or makes no sense.
    static func input(_ message: String) -> Failure { Failure(message: message, status: 3) }
    /// The command was called in a way that makes no sense.
    static func use(_ message: String) -> Failure { Failure(message: message, status: 2) }
}
