// SPDX-License-Identifier: Apache-2.0
//
// The commands that lead on from an explanation, each as a person could type it. One is proposed only if it can be run: of a
// process that has ended there is no further snapshot, and of another tool's file no resident memory.

import SiltFile
import SiltHost
import SiltProfile
import SiltReport
import SiltSymbols

/// What to run next.
struct Proposals {
    private let targets: [String]
    private let options: [String]
    private let folding: [String]
    private let directory: [String]
    /// The process that the last target is of, as this host counts, if it still runs.
    private let running: String?
    /// The last target is the session of a process that does not run any more, and not one of which nobody knows that.
    let hasEnded: Bool

    init(_ driver: Driver, targets: [String], frames: FrameChoice) {
        // A terminal or a shell takes no name that could steer it.
        self.targets = targets.allSatisfy(\.isTypeable) ? targets : []
        directory = driver.directory.map { ["--dir", $0] } ?? []
        options =
            directory + (driver.merges ? ["--merge"] : []) + (driver.symbols.sysroot.map { ["--sysroot", $0] } ?? [])
            + driver.symbols.debugDirectories.flatMap { ["--debug-dir", $0] }
        folding = frames.runtimes.patterns.flatMap { ["--runtime", $0] }
        let path = targets.last.flatMap { try? driver.path(of: $0) }
        guard let path, let header = (try? SessionSummary(contentsOf: path))?.header, header.pid > 0 else {
            (running, hasEnded) = (nil, false)
            return
        }
        guard header.kind == .dump else {
            let process = ProcessTable().process(of: header, file: path)
            (running, hasEnded) = (process.facts.map { "\($0.pid)" }, process == .ended)
            return
        }
        // A dump does not tell; the session that it was made of does.
        let session = driver.catalog.sessions.first {
            $0.status == .running && $0.header.pid == header.pid && $0.header.bootID == header.bootID
                && $0.header.startMonotonic == header.startMonotonic
        }
        (running, hasEnded) = (session.map { "\($0.pid)" }, false)
    }

    /// The way from one moment to a comparison.
    var later: [String] {
        guard let last = targets.last else { return [] }
        guard let running else { return [command("tree", options + folding, [last])] }
        return [compareLater([], running), command("rss", directory, [running])]
    }

    func next(after explanation: Explanation) -> [String] {
        guard let last = targets.last else { return [] }
        var commands: [String] = []
        if !explanation.findings.isEmpty {
            commands.append(command("diff", ["--stacks", "3"] + options + folding, targets))
            if let name = explanation.findings[0].focus {
                commands.append(command("tree", ["--focus", name] + options + folding, [last]))
            }
        }
        if explanation.threadGrowth > 0 { commands.append(command("threads", options, [running ?? last])) }
        guard let running else { return commands }
        if explanation.isUnexplained { commands.append(command("rss", directory, [running])) }
        switch explanation.verdict {
        case .undecided, .grew, .unchanged:
            let isNow = last == running || !Catalog.isPath(last)
            commands.append(compareLater(isNow ? targets.dropLast() : targets, running))
        default: break
        }
        return commands
    }

    /// What the process is now is kept first.
    private func compareLater(_ earlier: [String], _ running: String) -> String {
        let dump = "B=$(\(command("dump", directory, [running])))"
        let explain = command("explain", options + folding, earlier)
        return "\(dump) && sleep 600 && \(explain) \"$B\" \(shellWord(running))"
    }

    /// A name that begins like an option is a file here.
    private func command(_ verb: String, _ options: [String], _ targets: [String]) -> String {
        let files = targets.map { $0.hasPrefix("-") ? "./\($0)" : $0 }
        return (["silt", verb] + options + files).map(shellWord).joined(separator: " ")
    }
}

extension Explanation.Finding {
    /// A regular expression that matches the function and nothing else; nil: it is too long to be typed.
    fileprivate var focus: String? {
        let name = place.function
        guard !name.isEmpty, name.utf8.count <= 100, name.isTypeable else { return nil }
        return "^" + name.map { #"\^$.|?*+()[]{}"#.contains($0) ? "\\\($0)" : String($0) }.joined() + "$"
    }
}

extension String {
    fileprivate var isTypeable: Bool { unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7f } }
}

/// A word that a shell takes for itself, whatever it holds.
package func shellWord(_ word: String) -> String {
    let plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+,=-"
    if !word.isEmpty, word.allSatisfy({ plain.contains($0) }) { return word }
    return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
