// SPDX-License-Identifier: Apache-2.0
//
// `swift package silt …` in a package that depends on this one: builds what it needs, and passes everything else on to
// silt. It reads no profile itself.

import Foundation
import PackagePlugin

@main
struct SiltCommand: CommandPlugin {
    /// `run PRODUCT ARGUMENTS…` builds a product of the package and starts it under the profiler; other verbs are silt's own.
    func performCommand(context: PluginContext, arguments: [String]) async throws {
        let silt = try context.tool(named: "silt").url
        var command = arguments
        if arguments.first == "run" {
            guard arguments.count > 1, !arguments[1].hasPrefix("-") else {
                throw Failure("name a product: swift package silt run PRODUCT [ARGUMENTS]")
            }
            command = ["run", "--", try program(arguments[1])] + arguments.dropFirst(2)
        }
        let shim = context.pluginWorkDirectoryURL.appending(path: "shim")
        let sources = URL(filePath: #filePath).appending(path: "../../../CShim").standardized.path()
        try run("/usr/bin/env", ["make", "-s", "-C", sources, "OUT=\(shim.path())", "\(shim.path())/libsilt.so"])
        try run(silt.path(), command, environment: ["SILT_SHIM": "\(shim.path())/libsilt.so"])
    }

    private func program(_ product: String) throws -> String {
        let build = try packageManager.build(
            .product(product), parameters: .init(configuration: .release, logging: .concise, echoLogs: true))
        let programs = build.builtArtifacts.filter { $0.kind == .executable && $0.url.lastPathComponent == product }
        guard build.succeeded, let program = programs.first else {
            throw Failure("\(product) is no executable product of this package, or cannot be built")
        }
        return program.url.path()
    }

    private func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure("\(arguments.first ?? program) ended with status \(process.terminationStatus)")
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
