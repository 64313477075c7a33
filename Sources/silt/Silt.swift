// SPDX-License-Identifier: Apache-2.0
//
// The command `silt`: its verbs, and what its exit status means. Each verb is a file that parses and delegates: what it
// does is the driver's work.

import ArgumentParser
import SiltDriver
import SiltFile
import SiltHost

@main
struct Silt: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silt",
        abstract: "A heap profiler for native services: who holds memory, and what grew.",
        discussion: """
            A TARGET is a pid, a program's name, or a session file or dump. A FILE is a session file, a dump or a pprof \
            file.
            Exit status: 0 fine, 1 a check failed, 2 wrong use, 3 bad input.
            """,
        version: "silt \(siltVersion)",
        subcommands: [
            Run.self, List.self, Dump.self, Explain.self, Top.self, DiffCommand.self, CheckCommand.self, Tree.self,
            Peek.self,
            Export.self, Flame.self, Threads.self, Rss.self, Watch.self, Serve.self, Doctor.self,
        ]
    )

    static func main() {
        do {
            guard ownArgumentsAreKnown() else {
                throw Failure.input(
                    "the arguments cannot be read, since /proc is not mounted here: mount -t proc proc /proc")
            }
            // The parser's own answer is the version alone.
            if ownArguments() == ["--version"] { return try Output.write(Versions().text) }
            try requireVerb(ownArguments())
            var command = try parseAsRoot(ownArguments())
            try command.run()
        } catch {
            end(with: error)
        }
    }

    /// - Throws: ``Failure`` if the first word is no verb; the parser's own words would not say which there are.
    private static func requireVerb(_ arguments: [String]) throws(Failure) {
        let verbs = configuration.subcommands.map { $0.configuration.commandName ?? "\($0)".lowercased() }
        let word = arguments.first == "help" ? arguments.dropFirst().first : arguments.first
        guard let word, !word.hasPrefix("-"), word != "help", !verbs.contains(word) else { return }
        let meant = suggestion(for: word, among: verbs).map { "; did you mean \($0)?" } ?? ""
        throw .use(["there is no command \(word)\(meant)", "Commands: \(verbs.joined(separator: ", "))"])
    }

    /// Says what went wrong and ends with the status that stands for it.
    private static func end(with error: any Error) -> Never {
        if let failure = error as? Failure {
            tell(failure.lines)
            endProcess(status: failure.status)
        }
        let code = exitCode(for: error)
        // Help and version are answers, not errors.
        if code.isSuccess {
            do {
                try Output.write(Array((fullMessage(for: error) + "\n").utf8))
            } catch {
                tell(error.lines)
                endProcess(status: error.status)
            }
            endProcess(status: 0)
        }
        if let status = error as? ExitCode { endProcess(status: status.rawValue) }
        if code == .validationFailure {
            let message = printableText(fullMessage(for: error))
            let words = message.hasPrefix("Error: ") ? String(message.dropFirst("Error: ".count)) : message
            printError(Charset.own.text("silt: " + words))
            endProcess(status: 2)
        }
        tell("\(error)")
        endProcess(status: 3)
    }
}
