// SPDX-License-Identifier: Apache-2.0
//
// Where answers and remarks go: standard output or a file, wholly or with an error; remarks to standard error.

import SiltDriver
import SiltHost
import SiltSymbols

enum Output {
    /// Writes all bytes; `-` is standard output.
    ///
    /// - Throws: ``Failure`` in the system's words.
    static func write(_ bytes: [UInt8], to path: String = "-") throws(Failure) {
        do {
            try writeFile(path, bytes)
        } catch {
            throw .input("cannot write \(path): \(error.text)")
        }
    }

    static func write(_ text: String) throws(Failure) { try write(Array(text.utf8)) }

    static func write(
        _ format: TextOrJson, text: @autoclosure () -> String, json: @autoclosure () -> [UInt8]
    ) throws(Failure) {
        switch format {
        case .text: try write(text())
        case .json: try write(json())
        }
    }
}

extension Reporter {
    /// Sentences to standard error; the progress of reading symbols only where a person sees it.
    static var terminal: Reporter {
        Reporter(
            note: { sentence in printError("silt: \(sentence)") },
            symbols: Terminal.showsErrors ? showProgress : nil)
    }

    /// Always in the same line of the terminal.
    @Sendable private static func showProgress(_ progress: Symbolizer.Progress) {
        let name = progress.name.split(separator: "/").last ?? ""
        printError("\u{1B}[1A\u{1B}[2Kreading symbols \(progress.done + 1)/\(progress.total) \(name)")
    }
}
