// SPDX-License-Identifier: Apache-2.0
//
// Where answers and remarks go: standard output or a file, wholly or with an error; remarks to standard error.

import SiltDriver
import SiltHost

enum Output {
    /// Writes all bytes; `-` is standard output.
    ///
    /// - Throws: ``Failure`` in the system's words.
    static func write(_ bytes: [UInt8], to path: String = "-") throws(Failure) {
        ProgressLine.clear()
        do {
            try writeFile(path, bytes)
        } catch {
            throw .input("cannot write \(path == "-" ? "standard output" : path): \(error.text)")
        }
    }

    /// Text for people: names in it come from the programs that were profiled, and must not steer the terminal.
    static func write(_ text: String) throws(Failure) {
        try write(Array(Charset.own.text(printableText(text)).utf8))
    }

    /// A path in a line of its own: for a script byte for byte, for a person as text.
    static func write(path: String) throws(Failure) {
        if Terminal.showsOutput { try write(path + "\n") } else { try write(pathBytes(path) + [UInt8(ascii: "\n")]) }
    }

    static func write(
        _ format: TextOrJson, text: @autoclosure () -> String, json: @autoclosure () -> [UInt8]
    ) throws(Failure) {
        switch format {
        case .text: try write(text())
        case .json: try write(json())
        }
    }
}

/// Tells a person something beside the answer, or what went wrong: one line, whatever names are in it.
func tell(_ line: String) { tell([line]) }

func tell(_ lines: [String]) {
    ProgressLine.clear()
    printError(Charset.own.text("silt: \(lines.map(printable).joined(separator: "\n"))"))
}

extension Reporter {
    /// Sentences to standard error; the progress of reading symbols only where a person sees it.
    static var terminal: Reporter {
        Reporter(
            note: { sentence in tell(sentence) },
            symbols: Terminal.showsErrors ? ProgressLine.show : nil)
    }
}
