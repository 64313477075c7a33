// SPDX-License-Identifier: Apache-2.0
//
// `swift package silt …` in a package that depends on this one: builds what it needs, and passes everything else on to
// silt. It reads no profile itself.

import Foundation
import PackagePlugin

@main
struct SiltCommand: CommandPlugin {
    /// `run [OPTIONS] PRODUCT [ARGUMENTS]` builds a product of the package and starts it under the profiler; other verbs are
    /// silt's own. Ends with silt's exit status.
    func performCommand(context: PluginContext, arguments: [String]) async throws {
        let silt = try context.tool(named: "silt").url
        var command = arguments
        if arguments.first == "run" {
            let products = context.package.products.map(\.name)
            guard let place = arguments.firstIndex(where: products.contains) else {
                throw Failure(
                    "name a product: swift package silt run [OPTIONS] PRODUCT [ARGUMENTS]; there are "
                        + products.joined(separator: ", "))
            }
            let options = arguments[1..<place].filter { $0 != "--" }
            command = ["run"] + options + ["--", try program(arguments[place])] + arguments[(place + 1)...]
        }
        let shim = path(context.pluginWorkDirectoryURL.appending(path: "shim"))
        let sources = path(URL(filePath: #filePath).appending(path: "../../../CShim").standardized)
        let made = try run("/usr/bin/env", ["make", "-s", "-C", sources, "OUT=\(shim)", "\(shim)/libsilt.so"])
        guard made == 0 else { throw Failure("libsilt.so cannot be built: make ended with status \(made)") }
        let status = try run(path(silt), command, environment: ["SILT_SHIM": "\(shim)/libsilt.so"])
        if status != 0 { exit(status) }
    }

    private func path(_ url: URL) -> String { url.path(percentEncoded: false) }

    private func program(_ product: String) throws -> String {
        let build = try packageManager.build(
            .product(product), parameters: .init(configuration: .release, logging: .concise, echoLogs: true))
        let programs = build.builtArtifacts.filter { $0.kind == .executable && $0.url.lastPathComponent == product }
        guard build.succeeded, let program = programs.first else {
            throw Failure("\(product) is no executable product of this package, or cannot be built")
        }
        return path(program.url)
    }

    /// - Returns: the exit status; as in a shell, 128 and the signal where one ended it.
    private func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        try process.run()
        process.waitUntilExit()
        return (process.terminationReason == .exit ? 0 : 128) + process.terminationStatus
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
