// SPDX-License-Identifier: Apache-2.0
//
// Running the known-answer programs under the shim and reading what it recorded: sampled counts for each function,
// beside the truth that the program printed. Needs what `make test` builds before it runs the tests.

import Glibc
import SiltFile
import SiltSymbols
import TestSupport

/// What a function has, or should have.
struct Tally: Hashable, CustomStringConvertible {
    var liveObjects: UInt64 = 0
    var liveBytes: UInt64 = 0
    var allocObjects: UInt64 = 0
    var allocBytes: UInt64 = 0

    var description: String { "\(liveObjects) live (\(liveBytes) B) of \(allocObjects) (\(allocBytes) B)" }
}

enum Victims {
    /// Where the built things are; tests run in the package's folder.
    static let build = "\(root)/.build"
    static let shim = "\(build)/shim/libsilt.so"
    static func program(_ name: String) -> String { "\(build)/programs/\(name)" }

    /// The package's folder.
    static let root = currentDirectory

    private static var currentDirectory: String {
        guard let path = unsafe getcwd(nil, 0) else { return "." }
        defer { unsafe free(path) }
        return unsafe String(cString: path)
    }

    /// The environment of a program that runs under the shim.
    static func environment(
        directory: String, interval: Int? = 1, preload: [String] = [], _ more: [(name: String, value: String)] = []
    ) -> [(name: String, value: String)] {
        var result = [("LD_PRELOAD", ([shim] + preload).joined(separator: ":")), ("SILT_DIR", directory)]
        if let interval { result.append(("SILT_INTERVAL", String(interval))) }
        if interval == 1 { result.append(("SILT_CAPACITY", "1G")) }
        return (result + more).map { (name: $0.0, value: $0.1) }
    }

    /// The files in a directory whose names end so, in order of names.
    static func files(in directory: String, suffix: String) throws -> [String] {
        let listing = try Program(["/bin/ls", directory]).finish().output
        return listing.split(separator: "\n").map(String.init).filter { $0.hasSuffix(suffix) }.map {
            "\(directory)/\($0)"
        }
    }

    /// The `truth` lines among a program's lines.
    static func truth(in lines: some Sequence<some StringProtocol>) -> [String: Tally] {
        var result: [String: Tally] = [:]
        for line in lines {
            let words = String(line).split(separator: " ").map(String.init)
            guard words.first == "truth", words.count == 6 else { continue }
            let numbers = words[2...].compactMap { UInt64($0) }
            guard numbers.count == 4 else { continue }
            result[words[1]] = Tally(
                liveObjects: numbers[0], liveBytes: numbers[1], allocObjects: numbers[2], allocBytes: numbers[3])
        }
        return result
    }

    /// What a session holds for each of the functions named, cumulatively.
    static func recorded(
        in session: Session, for functions: some Sequence<String>, by symbolizer: Symbolizer = Symbolizer()
    ) -> [String: Tally] {
        let wanted = Set(functions)
        var owners: [UInt32: Set<String>] = [:]
        for (id, stack) in session.stacks {
            owners[id] = names(in: stack, of: session, by: symbolizer).intersection(wanted)
        }
        var result: [String: Tally] = [:]
        for site in session.sites.values {
            for name in owners[site.stack] ?? [] {
                result[name, default: Tally()].allocObjects += site.allocObjects
                result[name, default: Tally()].allocBytes += site.allocBytes
            }
        }
        for sample in session.live {
            for name in session.sites[sample.site].flatMap({ owners[$0.stack] }) ?? [] {
                result[name, default: Tally()].liveObjects += 1
                result[name, default: Tally()].liveBytes += sample.size
            }
        }
        return result
    }

    /// The functions that a stack passes through, inlined ones included, with and without what C++ puts around a name.
    static func names(in stack: Stack, of session: Session, by symbolizer: Symbolizer) -> Set<String> {
        var result: Set<String> = []
        for pc in stack.pcs {
            guard
                let module = session.modules.first(where: {
                    $0.addresses.contains(pc) && $0.epochs.contains(stack.epoch)
                })
            else { continue }
            for frame in symbolizer.frames(at: [pc], in: module)[0] {
                guard let function = frame.function else { continue }
                result.insert(function)
                result.insert(plainName(of: function))
            }
        }
        return result
    }

    /// `plain_new` of `(anonymous namespace)::plain_new(unsigned long)`: the name that a program knows itself by.
    private static func plainName(of function: String) -> String {
        let unhidden = function.split(separator: "(anonymous namespace)::").joined()
        let path = unhidden.prefix { $0 != "(" && $0 != "<" }
        guard let colon = path.lastIndex(of: ":") else { return String(path) }
        return String(path[path.index(after: colon)...])
    }
}

extension Victims {
    /// The dump that a program leaves when it ends.
    ///
    /// - Throws: ``Workbench/ToolFailure`` if there is not exactly one.
    static func dump(of program: String, _ arguments: String..., in bench: Workbench) throws -> String {
        _ = try Program(
            [Self.program(program)] + arguments, environment: environment(directory: bench.directory)
        ).finish()
        let dumps = try files(in: bench.directory, suffix: ".silt")
        guard dumps.count == 1 else { throw Workbench.ToolFailure(description: "\(program) left \(dumps)") }
        return dumps[0]
    }
}
