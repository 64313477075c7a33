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
        let silt = path(try context.tool(named: "silt").url)
        let isRun = arguments.first == "run"
        let status = try run(
            silt, isRun ? self.command(for: arguments, in: context.package) : arguments,
            environment: isRun ? ["SILT_SHIM": shim(in: context.pluginWorkDirectoryURL)] : [:])
        if status != 0 { exit(status) }
    }

    private func command(for arguments: [String], in package: Package) throws -> [String] {
        let products = package.products.map(\.name)
        guard let place = arguments.firstIndex(where: products.contains) else {
            throw Failure(
                "name a product: swift package silt run [OPTIONS] PRODUCT [ARGUMENTS]; there are "
                    + products.joined(separator: ", "))
        }
        let options = arguments[1..<place].filter { $0 != "--" }
        return ["run"] + options + ["--", try program(arguments[place])] + arguments[(place + 1)...]
    }

    /// Builds libsilt.so. Neither make nor LD_PRELOAD can hold a path with a space.
    private func shim(in folder: URL) throws -> String {
        let shim = path(folder.appending(path: "shim"))
        let sources = path(URL(filePath: #filePath).appending(path: "../../../CShim").standardized)
        if let place = [shim, sources].first(where: { $0.contains(" ") || $0.contains(":") }) {
            throw Failure(
                "\(place): LD_PRELOAD cannot hold a path with a space or a colon; move the package, name another build folder "
                    + "with --scratch-path, or depend on the product SiltShim")
        }
        let status = try run("/usr/bin/env", ["make", "-s", "-C", sources, "OUT=\(shim)", "\(shim)/libsilt.so"])
        guard status == 0 else { throw Failure("libsilt.so cannot be built: make ended with status \(status)") }
        return "\(shim)/libsilt.so"
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
