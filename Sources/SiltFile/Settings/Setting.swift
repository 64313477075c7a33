// SPDX-License-Identifier: Apache-2.0
//
// The settings of libsilt.so, by the shim's own rules: which variables there are, and what it makes of a value. Nothing is
// judged here otherwise than the shim does it.

import CSiltFormat
import SiltHost

/// A variable that libsilt.so reads.
package struct Setting: Sendable, Hashable {
    package enum Kind: Sendable, Hashable { case number, word, signal, directory, share }

    /// What a value is worth, and what is used.
    package enum Verdict: Sendable, Hashable {
        case right
        /// A number or a share beyond the bounds; the nearest is used.
        case bounded(used: String)
        /// The default is used: a number, a signal's, or one of ``Setting/words``; nil: that of a directory, or that there is
        /// no such limit.
        case nonsense(used: String?)
    }

    package var name: String
    package var kind: Kind
    /// Those that it understands, if it is a word.
    package var words: [String]

    /// All that there are.
    package static let all: [Setting] = (0..<SILT_SETTING_COUNT.rawValue).map { place in
        // Safe: a place in the table, which is constant and whose strings are terminated.
        let raw = unsafe silt_setting_at(silt_setting_name(rawValue: place)).pointee
        let words = unsafe [raw.words.0, raw.words.1, raw.words.2].compactMap { word in
            unsafe word.map { unsafe String(cString: $0) }
        }
        return Setting(name: unsafe String(cString: raw.name), kind: Kind(unsafe raw.kind), words: words)
    }

    /// The setting that a variable is; nil: there is none of this name.
    package static func named(_ name: String) -> Setting? { all.first { $0.name == name } }

    /// What the shim makes of a value.
    package func judge(_ text: String) -> Verdict {
        guard let place = Self.all.firstIndex(of: self) else { return .right }
        var value: UInt64 = 0
        // Safe: as above; the text is terminated, and both pointers live for the call.
        let verdict = unsafe silt_setting_judge(
            silt_setting_at(silt_setting_name(rawValue: UInt32(place))), terminatedPath(text), &value)
        switch verdict {
        case SILT_SETTING_RIGHT: return .right
        case SILT_SETTING_BOUNDED: return .bounded(used: kind == .share ? percent(value) : String(value))
        default: return .nonsense(used: [.directory, .share].contains(kind) ? nil : word(at: value) ?? String(value))
        }
    }

    /// Of millionths; `0.01%`.
    private func percent(_ millionths: UInt64) -> String { "\(Double(millionths) / 10_000)%" }

    private func word(at place: UInt64) -> String? {
        Int(exactly: place).flatMap { words.indices.contains($0) ? words[$0] : nil }
    }
}

extension Setting.Kind {
    fileprivate init(_ raw: silt_setting_kind) {
        switch raw {
        case SILT_SETTING_WORD: self = .word
        case SILT_SETTING_SIGNAL: self = .signal
        case SILT_SETTING_DIRECTORY: self = .directory
        case SILT_SETTING_SHARE: self = .share
        default: self = .number
        }
    }
}
