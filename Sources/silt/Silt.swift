// SPDX-License-Identifier: Apache-2.0
//
// The command `silt`: its verbs, and what its exit status means. Each verb is a file; none has logic of its own.

import ArgumentParser

@main
struct Silt: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silt", abstract: "A heap profiler for native services: who holds memory, and what grew.")
}
