// SPDX-License-Identifier: Apache-2.0
//
// Whole outputs, compared with files that were reviewed once. `SILT_UPDATE_GOLDEN=1` writes the files anew: look at the
// difference before it is committed.

import Glibc
import TestSupport
import Testing

enum Golden {
    private static let isUpdating = unsafe getenv("SILT_UPDATE_GOLDEN") != nil

    private static func path(of name: String, file: String = #filePath) -> String {
        "\(file[..<(file.lastIndex(of: "/") ?? file.startIndex)])/Golden/\(name)"
    }

    /// Expects a text to be what the file `Golden/NAME` holds.
    static func expect(_ text: String, is name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let path = path(of: name)
        if isUpdating {
            try Workbench.write(Array(text.utf8), to: path)
            return
        }
        let expected = String(decoding: try Workbench.read(path), as: UTF8.self)
        guard text != expected else { return }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let expectedLines = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let first = zip(lines, expectedLines).enumerated().first { $1.0 != $1.1 }?.offset
        let number = first ?? min(lines.count, expectedLines.count)
        let found = number < lines.count ? lines[number] : "its end"
        let wanted = number < expectedLines.count ? expectedLines[number] : "its end"
        Issue.record(
            "\(name), line \(number + 1): \(found)\ninstead of: \(wanted)\nwhole:\n\(text)",
            sourceLocation: sourceLocation)
    }
}

/// What differs from run to run and from machine to machine, replaced by words.
struct Masks {
    private var replacements: [(text: String, word: String)]

    /// - Parameter pids: processes that the output names.
    init(_ bench: Workbench, pids: [Int32]) {
        replacements = [
            (bench.directory, "<DIRECTORY>"), ("\(Victims.build)/programs", "<PROGRAMS>"),
            ("\(Victims.root)/Tests/Programs", "<SOURCES>"),
        ]
        for pid in pids { replacements += [("pid \(pid)", "pid <PID>"), ("\"pid\":\(pid)", "\"pid\":<PID>")] }
    }

    func callAsFunction(_ text: String) -> String {
        replacements.reduce(text) { $0.replacing($1.text, with: $1.word) }
            .replacing(/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} UTC/, with: "<TIME>")
            .replacing(/(?:Duration: )[0-9.]+[a-z]+/, with: "Duration: <SPAN>")
            .replacing(/0x[0-9a-f]+/, with: "<ADDRESS>")
            .replacing(/"build_id":"[0-9a-f]*"/, with: "\"build_id\":\"<ID>\"")
            .replacing(/_nanos":[0-9]+/, with: "_nanos\":<TIME>")
    }

    /// Also each figure with its unit and the spaces before it: of memory that is not the program's own.
    func figures(_ text: String) -> String {
        callAsFunction(text).replacing(/[\ ]*[0-9.]+([kMG]B|%)|[\ ]+0(?=[\ ])/, with: " <FIGURE>").replacing(
            /[\ ]{2,}/, with: "  ")
    }
}
