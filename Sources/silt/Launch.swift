// SPDX-License-Identifier: Apache-2.0
//
// Starting a program under the shim: finding libsilt.so and the program, and becoming it. The process keeps its
// number, its parent and its signals; nothing of silt stays behind.

import SiltHost

struct Launch {
    var shim: String
    var environment: [(name: String, value: String)]

    /// Where libsilt.so is: `$SILT_SHIM`, beside this executable, or in `../lib/silt`.
    ///
    /// - Throws: ``Failure`` that names the places looked at.
    static func findShim() throws(Failure) -> String {
        if let given = environmentVariable("SILT_SHIM") {
            guard let path = resolvedPath(given), isReadableFile(path) else {
                throw .input("no libsilt.so at \(given), which SILT_SHIM names: build it with `make build`")
            }
            return path
        }
        let folder = ownFolder()
        let places = ["\(folder)/libsilt.so", "\(folder)/../lib/silt/libsilt.so"]
        for place in places {
            if let path = resolvedPath(place), isReadableFile(path) { return path }
        }
        throw .input(
            "libsilt.so is missing: looked at \(places.joined(separator: " and ")). "
                + "Build it with `make build`, or name it in SILT_SHIM")
    }

    /// The file that a shell would start for a name.
    ///
    /// - Throws: ``Failure`` if there is none, or it may not be executed.
    static func findProgram(_ name: String) throws(Failure) -> String {
        if name.contains("/") {
            guard fileExists(name) else { throw .input("no program at \(name)") }
            guard isExecutableFile(name) else { throw .input("\(name) is not an executable file") }
            return name
        }
        if let program = programInPath(name) { return program }
        throw .input("no program named \(name) in PATH")
    }

    /// Replaces this process by the program.
    ///
    /// - Throws: ``Failure`` with the system's words, if that fails.
    func become(_ program: String, arguments: [String]) throws(Failure) -> Never {
        let inherited = environmentVariable("LD_PRELOAD").map { " " + $0 } ?? ""
        do {
            try SiltHost.become(
                program, arguments: arguments, environment: environment + [("LD_PRELOAD", shim + inherited)])
        } catch {
            throw .input("cannot start \(program): \(error.text)")
        }
    }
}
