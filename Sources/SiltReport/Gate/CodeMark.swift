// SPDX-License-Identifier: Apache-2.0
//
// The verdict beside the line of code: annotations of GitHub, and SARIF, which code scanners write and GitHub, GitLab and
// editors read. Names come from the profiled program, so each format escapes what would end a field.

import SiltFile
import SiltHost
import SiltProfile

/// What is to be said at a place in the code.
package struct CodeMark: Sendable {
    /// Leaf first.
    var places: [Place]
    /// The first says what happened.
    var lines: [String]

    /// The line that is to blame; nil: not known. A caller's may be one of the C library, which nobody can mend.
    var place: Place? { places.first.flatMap { !$0.file.isEmpty && $0.line > 0 ? $0 : nil } }
}

extension CheckReport {
    package var marks: [CodeMark] {
        stacks.map { stack in
            let error = stack.error.isEmpty ? "" : " " + stack.error
            let head = "grew by \(formatBytes(stack.growth.value))\(error)"
            return CodeMark(
                places: stack.frames,
                lines: [head] + stack.names(16).map(printable) + (stack.isGuessed ? [guessedLine] : []))
        }
    }

    package var closing: [String] {
        [sentence] + rules.filter { $0.state != .within }.map { "\($0.name): \(summary(of: $0))" }
    }
}

extension GateReport {
    /// GitHub shows ten annotations of a step, and the verdict is one of them.
    private var shown: ArraySlice<CodeMark> { marks.prefix(9) }

    private var level: String { !passes ? "error" : outcome == .undecided ? "warning" : "notice" }

    /// Workflow commands of GitHub: an error at the line of each stack or function that is to blame, or a warning where the
    /// data cannot tell, and the verdict at the end; ten at most.
    ///
    /// - Parameter workspace: the folder that files of the repository are named relative to.
    package func github(workspace: String? = nil) -> String {
        let rest = marks.count - shown.count
        let more = rest > 0 ? ["\(rest) more of these are in the report"] : []
        return shown.map { annotation(level, at: $0, in: workspace) }.joined()
            + annotation(level, at: CodeMark(places: [], lines: closing.map(printable) + more), in: workspace)
    }

    /// SARIF 2.1.0: a result for each stack or function that is to blame, with its frames; none where nothing is.
    ///
    /// - Parameter workspace: the folder that files of the repository are named relative to. Others keep their whole path.
    package func sarif(workspace: String? = nil) -> [UInt8] {
        var json = JsonWriter()
        json.object {
            $0.field("$schema", "https://json.schemastore.org/sarif-2.1.0.json")
            $0.field("version", "2.1.0")
            $0.field("runs") { $0.array([self]) { $0.run($1, workspace: workspace) } }
        }
        return json.bytes + [0x0a]
    }

    fileprivate var ruleID: String { outcome == .undecided ? "memory-growth-undecided" : "memory-growth" }
    /// SARIF has no notices.
    fileprivate var sarifLevel: String { level == "notice" ? "note" : level }
}

extension JsonWriter {
    fileprivate mutating func run(_ report: some GateReport, workspace: String?) {
        object {
            $0.field("tool") { $0.object { $0.field("driver") { $0.driver() } } }
            $0.field("invocations") {
                $0.array([report.passes]) { json, passes in
                    json.object {
                        $0.field("executionSuccessful") { $0.bool(true) }
                        $0.field("exitCode", passes ? 0 : 1)
                    }
                }
            }
            $0.field("properties") {
                $0.object { $0.field("verdict", report.closing.map(printable).joined(separator: "\n")) }
            }
            $0.field("results") { $0.array(report.marks) { $0.result($1, of: report, workspace: workspace) } }
        }
    }

    private mutating func result(_ mark: CodeMark, of report: some GateReport, workspace: String?) {
        func location(_ json: inout JsonWriter, _ place: Place) {
            json.location(place, of: report.program, workspace: workspace)
        }
        object {
            $0.field("ruleId", report.ruleID)
            $0.field("level", report.sarifLevel)
            $0.message(mark.lines.map(printable).joined(separator: "\n"))
            $0.field("locations") { $0.array(mark.places.prefix(1), location) }
            $0.field("stacks") {
                $0.array([mark.places]) { json, places in
                    json.object {
                        $0.field("frames") {
                            $0.array(places) { json, place in
                                json.object { $0.field("location") { location(&$0, place) } }
                            }
                        }
                    }
                }
            }
            // The same stack in the next run: what it is called, not where its lines are.
            let names = mark.places.map { printable($0.function.isEmpty ? $0.name : $0.function) }
            $0.field("partialFingerprints") { $0.object { $0.field("siltStack/v1", names.joined(separator: ";")) } }
        }
    }

    private mutating func driver() {
        object {
            $0.field("name", "silt")
            $0.field("version", siltVersion)
            $0.field("rules") {
                $0.array([
                    ("memory-growth", "Memory in use grew beyond its limit."),
                    ("memory-growth-undecided", "Memory in use may have grown beyond its limit: the data cannot tell."),
                ]) { json, rule in
                    json.object {
                        $0.field("id", rule.0)
                        $0.field("shortDescription") { $0.object { $0.field("text", rule.1) } }
                    }
                }
            }
        }
    }

    private mutating func message(_ text: String) {
        field("message") { $0.object { $0.field("text", text) } }
    }

    /// Readers want a file in each: where no source file is known, it is the module's, or the program.
    private mutating func location(_ place: Place, of program: String, workspace: String?) {
        object {
            $0.field("physicalLocation") {
                $0.object {
                    let module = place.module.isEmpty ? program : place.module
                    let file = place.file.isEmpty ? module : relative(place.file, to: workspace)
                    $0.field("artifactLocation") { $0.object { $0.field("uri", uriPath(file)) } }
                    if place.line > 0 {
                        $0.field("region") { $0.object { $0.field("startLine", Int(place.line)) } }
                    }
                }
            }
            $0.message(printable(place.name))
        }
    }
}

/// A workflow command of GitHub, at the mark's line, if it is known.
private func annotation(_ level: String, at mark: CodeMark, in workspace: String?) -> String {
    let position = mark.place.map { " file=\(property(relative($0.file, to: workspace))),line=\($0.line)," } ?? " "
    let title = mark.places.isEmpty ? "silt check" : "silt check%3A memory growth"
    return "::\(level)\(position)title=\(title)::\(data(mark.lines.joined(separator: "\n")))\n"
}

/// A path as a reference of RFC 3986: what would mean something else there is written by its number.
private func uriPath(_ path: String) -> String {
    path.utf8.map { byte in
        let scalar = Unicode.Scalar(byte)
        let isPlain =
            byte < 0x80 && (scalar.properties.isAlphabetic || "0123456789-._~/+@".unicodeScalars.contains(scalar))
        return isPlain ? String(scalar) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
}

/// The message of a workflow command.
private func data(_ text: String) -> String {
    replaced(printableText(text), ["%": "%25", "\r": "%0D", "\n": "%0A"])
}

/// The value of a workflow command's property.
private func property(_ text: String) -> String {
    replaced(printable(text), ["%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"])
}

private func replaced(_ text: String, _ replacements: [Unicode.Scalar: String]) -> String {
    text.unicodeScalars.map { replacements[$0] ?? String($0) }.joined()
}

private func relative(_ path: String, to folder: String?) -> String {
    guard let folder, !folder.isEmpty else { return path }
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
}
