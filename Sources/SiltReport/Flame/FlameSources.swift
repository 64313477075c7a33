// SPDX-License-Identifier: Apache-2.0
//
// The source lines that a page quotes: those at which most memory was asked for. It reads no file itself: the caller
// passes the text of a file.

import SiltHost
import SiltProfile
import SiltSymbols

/// Lines of source files, by file as the compiler recorded it and by number.
struct FlameSources: Sendable {
    /// So many lines at most, each cut to so many characters: a page is a file that people send.
    private static let (mostLines, mostLetters) = (200, 160)
    /// Frames of each stack that count, from the one that holds the memory on outward.
    private static let frames = 4

    private(set) var lines: [String: [Int: String]] = [:]

    init() {}

    /// - Parameters:
    ///   - profile: as `top` shows it, its runtime frames folded.
    ///   - kind: one of the profile's: what makes a line matter.
    ///   - read: the text of a source file by its recorded path; what throws is left out.
    /// - Complexity: O(samples), and what `read` takes for each file that is named.
    init(of profile: Profile, kind: Profile.Kind, read: (_ path: String) throws -> String) {
        struct Line: Hashable {
            var file: String
            var number: Int
        }
        var weights: [Line: Double] = [:]
        let column = profile.column(of: kind)
        for sample in profile.samples {
            let frames = sample.locations.prefix(Self.frames).flatMap { profile.locations[$0].frames }
            for frame in frames.prefix(Self.frames) where frame.line > 0 {
                guard let file = frame.file else { continue }
                weights[Line(file: file, number: frame.line), default: 0] += sample.values[column].value.magnitude
            }
        }
        let heaviest = weights.sorted { a, b in
            a.value != b.value
                ? a.value > b.value : (a.key.file, a.key.number) < (b.key.file, b.key.number)
        }.prefix(Self.mostLines)
        var files: [String: [Substring]] = [:]
        for (line, _) in heaviest {
            if files[line.file] == nil {
                let text = (try? read(line.file)) ?? ""
                files[line.file] = text.split(separator: "\n", omittingEmptySubsequences: false)
            }
            // A number behind the end: it is not the file that was compiled.
            guard let text = files[line.file], line.number <= text.count else { continue }
            let quoted = text[line.number - 1].drop { $0 == " " || $0 == "\t" }.prefix(Self.mostLetters)
            if !quoted.isEmpty { lines[printable(line.file), default: [:]][line.number] = printable(String(quoted)) }
        }
    }

    /// `{file: {line: text}}`
    func write(to json: inout JsonWriter) {
        json.object { json in
            for (file, lines) in lines.sorted(by: { $0.key < $1.key }) {
                json.field(file) { json in
                    json.object { json in
                        for (number, text) in lines.sorted(by: { $0.key < $1.key }) { json.field("\(number)", text) }
                    }
                }
            }
        }
    }
}
