// SPDX-License-Identifier: Apache-2.0
//
// The text of files that the kernel makes, as those in /proc, taken apart byte by byte: by characters it takes ten times as
// long, and a server does it for a thousand processes at a time.

extension String {
    /// What stands between line ends, without empty lines.
    var lines: [Substring] { utf8.split(separator: UInt8(ascii: "\n")).map(Substring.init) }
}

extension Substring {
    /// What stands between spaces and tabs.
    var words: [Substring] {
        utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\n") }
            .map(Substring.init)
    }

    /// What stands between these signs, also where that is nothing.
    func parts(at sign: Unicode.Scalar, most: Int = .max) -> [Substring] {
        utf8.split(separator: UInt8(ascii: sign), maxSplits: most - 1, omittingEmptySubsequences: false)
            .map(Substring.init)
    }

    /// What follows these letters at its beginning; nil: it begins otherwise.
    func rest(behind letters: String) -> Substring? {
        utf8.starts(with: letters.utf8) ? Substring(utf8.dropFirst(letters.utf8.count)) : nil
    }
}

extension [Substring] {
    /// The first word behind `name` at the beginning of a line.
    func value(_ name: String) -> Substring? {
        for line in self {
            if let rest = line.rest(behind: name) { return rest.words.first }
        }
        return nil
    }
}
