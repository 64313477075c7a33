// SPDX-License-Identifier: Apache-2.0
//
// Starting a program under the shim, or saying why it cannot be profiled. The program replaces this process: number,
// parent and signals stay the same, and no process of silt stays. Only where a person looks on does silt stay, to say at
// the end what is left.

package import SiltHost

/// A program that can be profiled, ready to start.
package struct Launch: Sendable {
    /// Path of the program.
    package let program: String
    /// The first is the name that the program sees as its own.
    package let arguments: [String]
    /// Variables that are set or changed; the others stay.
    package let environment: [(name: String, value: String)]
    /// What is wrong with the settings, those that the environment has already included, and with the places of its files:
    /// for a person before it starts, since libsilt.so is silent. Sentences without a line feed.
    package let warnings: [String]

    /// Finds a program and looks whether it can be profiled.
    ///
    /// - Parameters:
    ///   - command: a path, or a name that `PATH` has, then the program's arguments.
    ///   - shim: see ``Shim/find(given:beside:)``.
    ///   - preloaded: libraries that are preloaded already, which stay behind the shim.
    /// - Throws: ``Failure`` if there is no such program, or it cannot be profiled, with the reason.
    package init(
        _ command: [String], settings: RunSettings, shim: String,
        preloaded: String? = environmentVariable("LD_PRELOAD")
    ) throws(Failure) {
        guard let name = command.first else { throw .use("no program is named") }
        program = try Self.find(name)
        arguments = command
        if let obstacle = try Checkup(path: program).obstacle {
            throw .input("\(obstacle.text); see silt doctor \(name)")
        }
        try settings.requireSense()
        if shim.contains(where: { $0 == " " || $0 == ":" }) {
            throw .input(
                "\(shim): LD_PRELOAD cannot hold a path with a space or a colon; move it, or name a copy in SILT_SHIM")
        }
        let own = settings.environment.map { ($0.name, $0.value) }
        let variables = environmentVariables(named: "SILT_").merging(own) { _, new in new }
        let place = SessionPlace(directory: variables["SILT_DIR"])
        warnings = (SettingReview.findings(in: variables) + place.findings).map(\.text)
        environment = settings.environment + [("LD_PRELOAD", shim + (preloaded.map { " " + $0 } ?? ""))]
    }

    /// The file that a shell would start for a name.
    ///
    /// - Throws: ``Failure`` if there is none, or it may not be executed.
    package static func find(_ name: String) throws(Failure) -> String {
        if name.contains("/") {
            guard fileExists(name) else { throw .input("no program at \(name)") }
            guard isExecutableFile(name) else { throw .input("\(name) is not an executable file") }
            return name
        }
        if let program = programInPath(name) { return program }
        throw .input("no program named \(name) in PATH")
    }

    /// Starts the program, waits for its end and says what it has left.
    ///
    /// - Throws: ``Failure`` with the system's words, if it cannot be started.
    package func accompany(_ tell: (String) -> Void) throws(Failure) -> ForegroundProgram.End {
        let start = Clock.realtime()
        let running: ForegroundProgram
        do {
            running = try ForegroundProgram(program, arguments: arguments, environment: environment)
        } catch {
            throw .input("cannot start \(program): \(error.text)")
        }
        let end = running.wait()
        let left = Leftovers(
            of: running, name: program, since: start, end: end, directory: environmentVariable("SILT_DIR"))
        for sentence in left.sentences { tell(sentence) }
        return end
    }

    /// Replaces this process by the program.
    ///
    /// - Throws: ``Failure`` with the system's words, if that fails.
    package func become() throws(Failure) -> Never {
        do {
            try SiltHost.become(program, arguments: arguments, environment: environment)
        } catch {
            throw .input("cannot start \(program): \(error.text)")
        }
    }
}
