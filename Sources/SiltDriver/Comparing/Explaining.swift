// SPDX-License-Identifier: Apache-2.0
//
// One question for everything: what is wrong with the memory of this process, and what to do next. It chooses the report
// that answers, and the commands that lead on.

import SiltFile
import SiltHost
import SiltProfile
package import SiltReport
import SiltSymbols

extension Driver {
    /// What targets come to: one of them as it is now, several as snapshots of different moments, the oldest first.
    ///
    /// - Throws: as ``top(_:view:times:)`` and ``compare(_:view:)``.
    package func explain(_ targets: [String], frames: FrameChoice = FrameChoice()) throws(Failure) -> Explanation {
        guard let last = targets.last else { throw .use("name a process, or snapshots of it") }
        if targets.count == 1 {
            let report = try top(targets, view: HeapView(frames: frames))
            var explanation = Explanation(report, facts: try facts(of: last))
            explanation.next = later(last)
            return explanation
        }
        var explanation: Explanation
        let isUnexplained: Bool
        let view = ComparisonView(frames: frames)
        switch try compare(targets, view: view) {
        case .diff(let report):
            explanation = Explanation(report)
            isUnexplained = report.comparison.resident?.isMoreThanHeap ?? false
        case .trend(let report):
            explanation = Explanation(report)
            isUnexplained = report.resident?.isMoreThanHeap ?? false
        }
        explanation.next = next(after: explanation, targets, isUnexplained: isUnexplained)
        return explanation
    }

    private func facts(of target: String) throws(Failure) -> [String] {
        let input = try read([target])
        return input.residentLevel.map { ["Resident memory: \(formatBytes(Double($0.total)))"] } ?? []
    }

    /// The way to a comparison. A dump of the process's own is the base.
    private func later(_ target: String) -> [String] {
        guard isRunning(target) else { return [command("tree", [target]), command("rss", [target])] }
        let base = "/tmp/silt-base.silt"
        return [
            command("dump", ["-o", base, target]) + " && sleep 600 && " + command("explain", [base, target]),
            command("rss", [target]),
        ]
    }

    private func next(after explanation: Explanation, _ targets: [String], isUnexplained: Bool) -> [String] {
        var commands: [String] = []
        let last = targets[targets.count - 1]
        if !explanation.findings.isEmpty { commands.append(command("diff", ["--stacks", "3"] + targets)) }
        if let name = explanation.findings.first?.place.function, !name.isEmpty, name.count <= 100 {
            commands.append(command("tree", ["--focus", patternText(of: name), last]))
        }
        switch explanation.verdict {
        case .undecided, .grew, .unchanged:
            // More snapshots tell more; the process may still run though dumps of it were named.
            if let running = ([last] + (explanation.pid.map { ["\($0)"] } ?? [])).first(where: isRunning) {
                commands.append("sleep 600; " + command("explain", targets + (running == last ? [] : [running])))
            }
        default: break
        }
        if isUnexplained { commands.append(command("rss", [last])) }
        return commands
    }

    private func isRunning(_ target: String) -> Bool {
        !Catalog.isPath(target) && catalog.all(matching: target).contains { $0.status == .running }
    }

    /// As a person would type it in a shell.
    private func command(_ verb: String, _ words: [String]) -> String {
        (["silt", verb] + words + (directory.map { ["--dir", $0] } ?? [])).map(shellWord).joined(separator: " ")
    }
}

/// A word that a shell takes for itself, whatever it holds.
private func shellWord(_ word: String) -> String {
    let isPlain =
        !word.isEmpty
        && word.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "_./:@%+,=-".unicodeScalars.contains(scalar))
        }
    return isPlain
        ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}

/// A regular expression that matches a name and nothing else.
private func patternText(of name: String) -> String {
    "^" + name.map { #"\^$.|?*+()[]{}"#.contains($0) ? "\\\($0)" : String($0) }.joined() + "$"
}
