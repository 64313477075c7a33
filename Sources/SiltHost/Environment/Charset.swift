// SPDX-License-Identifier: Apache-2.0
//
// Which characters a person's terminal and log files can show, by the locale that the environment names, and text for those
// that can show ASCII only. What machines read (JSON, XML, profiles) is UTF-8 whatever the locale.

/// The characters that text for people may have.
package enum Charset: Sendable, Hashable {
    case ascii, unicode

    /// What the locale of this process names.
    package static var own: Charset {
        Charset(locale: ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(environmentVariable).first)
    }

    /// - Parameter locale: the first that is set of LC_ALL, LC_CTYPE and LANG; nil: none is, as in most containers and unit
    ///   files, whose output is read elsewhere: then text is UTF-8.
    package init(locale: String?) {
        guard let locale else {
            self = .unicode
            return
        }
        let name = locale.lowercased()
        self = name.contains("utf-8") || name.contains("utf8") ? .unicode : .ascii
    }

    /// The text in these characters. In ASCII, columns still line up; a `~` stands where a name was cut, and `?` for a
    /// character that has no counterpart.
    package func text(_ text: String) -> String {
        guard self == .ascii, !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
        var result = ""
        for character in text {
            guard !character.isASCII, let plain = Self.counterpart(of: character) else {
                result.append(character.isASCII ? character : "?")
                continue
            }
            // One space of the two between columns makes room for a second character.
            if plain.utf8.count > 1, result.hasSuffix("  ") { result.removeLast() }
            result += plain
        }
        return result
    }

    private static func counterpart(of character: Character) -> String? {
        switch character {
        case "±": "+-"
        case "≥": ">="
        case "≤": "<="
        case "→": "->"
        case "−": "-"
        case "×": "x"
        case "…": "~"
        default: bars.firstIndex(of: character).map { "\($0 + 1)" }
        }
    }

    private static let bars = Array("▁▂▃▄▅▆▇█")
}
