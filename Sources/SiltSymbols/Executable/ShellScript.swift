// SPDX-License-Identifier: Apache-2.0
//
// The programs that a shell script becomes by exec, as wrappers do, as far as its text tells without running it. It never
// guesses what a variable holds.

import SiltHost

/// What a shell script goes on as.
package struct ShellScript: Sendable, Hashable {
    /// A line `exec …`.
    package struct Exec: Sendable, Hashable {
        /// From 1.
        package var line: Int
        /// The command as it stands there.
        package var words: String
        /// The program; nil: the text does not tell, or it is not there.
        package var program: String?
    }

    /// In the order of lines, the first few; empty: the shell stays, and starts others.
    package var execs: [Exec]

    private static let shells: Set<String> = [
        "sh", "bash", "rbash", "dash", "ash", "ksh", "ksh93", "mksh", "yash", "zsh", "busybox",
    ]
    /// Longer scripts are no wrappers.
    private static let longest = 1 << 18
    /// Nor are those that go on as more programs.
    private static let mostExecs = 16

    /// - Parameter interpreter: the program that runs the script.
    /// - Returns: nil if that is no shell, or the script cannot be read.
    package init?(path: String, interpreter: String) {
        guard let name = interpreter.split(separator: "/").last, Self.shells.contains(String(name)),
            let bytes = try? contentsOfFile(path, limit: Self.longest)
        else { return nil }
        self.init(text: String(decoding: bytes, as: UTF8.self))
    }

    init(text: String) {
        execs = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            for command in Self.commands(in: line) {
                guard execs.count < Self.mostExecs else { return }
                if let exec = Exec(command: command, line: index + 1) { execs.append(exec) }
            }
        }
    }

    /// What follows the word exec where a command may begin.
    private static func commands(in line: Substring) -> [ArraySlice<Substring>] {
        let words = line.split { $0 == " " || $0 == "\t" }
        guard words.first?.hasPrefix("#") == false else { return [] }
        let openers: Set<Substring> = ["then", "else", "do", "{", "&&", "||", ";", "("]
        return words.indices.compactMap { index in
            guard words[index] == "exec" else { return nil }
            let before = words[..<index].last ?? ";"
            return openers.contains(before) || before.hasSuffix(";") ? words[(index + 1)...] : nil
        }
    }
}

extension ShellScript.Exec {
    /// Of a command that is shown.
    private static let mostWords = 20

    /// Nil if this only redirects the shell's own streams, as `exec 2>&1` does.
    fileprivate init?(command: ArraySlice<Substring>, line: Int) {
        var words = command
        // `-a` is followed by the name that the program is to see.
        while let option = words.first, option.hasPrefix("-") {
            words = words.dropFirst(option.hasSuffix("a") ? 2 : 1)
        }
        guard let first = words.first, !first.contains(where: { "<>#".contains($0) }) else { return nil }
        let end = words.firstIndex { $0.hasSuffix(";") } ?? words.index(before: words.endIndex)
        self.line = line
        self.words =
            words[...end].prefix(Self.mostWords).joined(separator: " ").trimmed(of: ";")
            + (words[...end].count > Self.mostWords ? " …" : "")
        program = Self.program(first.trimmed(of: ";"))
    }

    /// The file that a word means, if it means the same whenever the script runs.
    private static func program(_ word: String) -> String? {
        let quotes: Set<Character> = ["\"", "'"]
        var name = Substring(word)
        if let quote = name.first, quotes.contains(quote), name.count > 2, name.last == quote {
            name = name.dropFirst().dropLast()
        }
        guard !name.isEmpty, !name.contains(where: { "$`\"'*?[\\~".contains($0) }) else { return nil }
        if name.hasPrefix("/") { return isExecutableFile(String(name)) ? String(name) : nil }
        return name.contains("/") ? nil : programInPath(String(name))
    }
}

extension StringProtocol {
    /// Without one such character at its end.
    fileprivate func trimmed(of last: Character) -> String { String(self.last == last ? dropLast() : self[...]) }
}
