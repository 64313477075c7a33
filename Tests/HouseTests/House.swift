// SPDX-License-Identifier: Apache-2.0
//
// The repository as folders, files and pages, and the rules that its pages promise. Each rule returns what breaks it, so
// that a test can also run it on a small house that breaks it on purpose. No rule reads what git ignores.

import SiltHost

struct House {
    /// A folder with more nouns than this is no longer seen at a glance.
    static let mostNouns = 14

    let root: String

    /// The repository that this file belongs to.
    static let own = House(root: #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined())

    // MARK: Folders

    /// All folders below a folder, by their paths from it, sorted.
    func folders(in folder: String) throws -> [String] {
        var result: [String] = []
        for name in try names(in: folder) where try status("\(folder)/\(name)").kind == .directory {
            result.append(name)
            result += try folders(in: "\(folder)/\(name)").map { "\(name)/\($0)" }
        }
        return result
    }

    /// The files of a folder and of those below it, by their paths from the root, sorted by folder.
    func files(in folder: String, suffix: String = "") throws -> [String] {
        let all = try [folder] + folders(in: folder).map { "\(folder)/\($0)" }
        return try all.flatMap { folder in
            try names(in: folder).map { "\(folder)/\($0)" }.filter { path in
                try path.hasSuffix(suffix) && status(path).kind == .regular
            }
        }
    }

    /// Folders below `folder` that hold too many nouns. `x.c` and `x.h` are one noun; what tools need is none.
    func crowdedFolders(in folder: String) throws -> [String] {
        let tools: Set = ["Makefile", "README.md", "module.modulemap", "package.json"]
        return try folders(in: folder).map { "\(folder)/\($0)" }.filter { folder in
            let files = try names(in: folder).filter { name in
                try !tools.contains(name) && status("\(folder)/\(name)").kind == .regular
            }
            return Set(files.map { $0.prefix { $0 != "." } }).count > Self.mostNouns
        }
    }

    // MARK: Pages

    /// Folders below the one that a page lies in, and that it does not name as `folder/`.
    func unnamedFolders(by page: String) throws -> [String] {
        let named = Set(try foldersNamed(by: page))
        return try folders(in: Self.folder(of: page)).filter { !named.contains($0) }
    }

    /// Folders that a page names, and that are neither below its own folder nor below the root.
    func missingFolders(in page: String) throws -> [String] {
        try foldersNamed(by: page).filter { name in
            !["\(Self.folder(of: page))/\(name)", name].contains { (try? status($0))?.kind == .directory }
        }
    }

    /// Files that a page links to, and that are not there.
    func missingLinks(in page: String) throws -> [String] {
        let links = try text(page).split(separator: "](").dropFirst()
        return links.map { link in String(link.prefix { $0 != ")" && $0 != "#" }) }.filter { target in
            !target.isEmpty && !target.contains("://") && (try? status("\(Self.folder(of: page))/\(target)")) == nil
        }
    }

    /// Pages of the manual that one of them links to as `<doc:Name>`, and that are not there.
    func missingPages(in page: String) throws -> [String] {
        try text(page).split(separator: "<doc:").dropFirst().map { String($0.prefix { $0 != ">" }) }
            .filter { (try? status("\(Self.folder(of: page))/\($0).md")) == nil }
    }

    /// Tests that the last column of a page's table of hazards names, and that neither a file's name nor any text in
    /// `folders` has.
    func missingTests(in page: String, searched folders: [String]) throws -> [String] {
        let lines = try text(page).split(separator: "\n", omittingEmptySubsequences: false)
        let rows = lines.drop { !$0.hasPrefix("| hazard ") }.prefix { $0.hasPrefix("|") }
        let tests = rows.flatMap { row in
            let guards = row.split(separator: "|").last ?? ""
            return guards.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        }
        let texts = try folders.flatMap { try files(in: $0) }.map { try $0 + "\n" + text($0) }
        return tests.filter { test in !texts.contains { $0.contains(test) } }
    }

    /// What a page has between backquotes and a slash at its end: `Files/`. Paths of the system, which begin with a slash,
    /// and patterns are not meant.
    private func foldersNamed(by page: String) throws -> [String] {
        try text(page).split(separator: "\n").flatMap { line in
            line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 && $0.element.hasSuffix("/") && !$0.element.hasPrefix("/") }
                .map { String($0.element.dropLast()) }
                .filter { name in !name.isEmpty && !name.contains { " <>*$:…".contains($0) } }
        }
    }

    // MARK: Imports

    /// The modules in the order of the rows of the table in a page: those that begin with a module's name in backquotes.
    func modules(tabledBy page: String) throws -> [String] {
        let lines = try text(page).split(separator: "\n", omittingEmptySubsequences: false)
        let rows = lines.drop { !$0.hasPrefix("| module ") }
        return rows.prefix { $0.hasPrefix("|") }.compactMap { row in
            let parts = row.split(separator: "`", maxSplits: 2, omittingEmptySubsequences: false)
            return parts.count == 3 && parts[0] == "| " ? parts[1].prefix { $0 != "/" }.description : nil
        }
    }

    /// Imports of a module that stands further down in the table; `file imports module`.
    func importsAgainstTheDirection(of modules: [String], in sources: String) throws -> [String] {
        try modules.enumerated().flatMap { place, module in
            let below = Set(modules[place...])
            return try imports(in: "\(sources)/\(module)").filter { below.contains($0.module) }
                .map { "\($0.file) imports \($0.module)" }
        }
    }

    /// Files that import a module and lie in none of the folders that may; `file imports module`.
    func importsOutside(_ fences: [String: [String]], in sources: String) throws -> [String] {
        try imports(in: sources).filter { file, module in
            fences[module].map { folders in !folders.contains { file.hasPrefix("\(sources)/\($0)/") } } ?? false
        }.map { "\($0.file) imports \($0.module)" }
    }

    /// Lines with an expression marked as unsafe; `file:line`.
    func unsafeLines(in folder: String) throws -> [String] {
        try files(in: folder, suffix: ".swift").flatMap { file in
            try text(file).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
                .filter { _, line in
                    !line.drop { $0 == " " }.hasPrefix("//") && line.split { " (".contains($0) }.contains("unsafe")
                }
                .map { "\(file):\($0.offset + 1)" }
        }
    }

    /// Messages with words that the rules in Sources/README.md rule out; `file:line`. Comments and names in code are not meant.
    func unplainMessages(in folder: String) throws -> [String] {
        let words = ["nobody", "whoever", "is gone", "to tell:", "the shim", "cut short"]
        return try files(in: folder, suffix: ".swift").flatMap { file in
            try text(file).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
                .filter { _, line in
                    guard !line.drop(while: { $0 == " " }).hasPrefix("//") else { return false }
                    let literals = line.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
                        .filter { $0.offset % 2 == 1 }
                    return literals.contains { literal in words.contains { literal.element.contains($0) } }
                }
                .map { "\(file):\($0.offset + 1)" }
        }
    }

    /// Declarations that other packages would see, and that would need a documentation of their own; `file:line`.
    func publicLines(in folder: String) throws -> [String] {
        try files(in: folder, suffix: ".swift").flatMap { file in
            try text(file).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
                .filter { _, line in
                    // Attributes may stand before it; `open` is a common word elsewhere.
                    let words = line.split(separator: " ").drop { $0.hasPrefix("@") }
                    return words.first == "public" || words.starts(with: ["open", "class"])
                }
                .map { "\(file):\($0.offset + 1)" }
        }
    }

    private func imports(in folder: String) throws -> [(file: String, module: String)] {
        try files(in: folder, suffix: ".swift").flatMap { file in
            try text(file).split(separator: "\n").compactMap { line in
                let words = line.split { $0 == " " || $0 == "\t" }
                guard let at = words.firstIndex(of: "import"), at <= 2, words.count > at + 1 else { return nil }
                return line.hasPrefix("//") ? nil : (file, String(words[words.count - 1].prefix { $0 != "." }))
            }
        }
    }

    // MARK: The file system

    private static func folder(of page: String) -> String {
        page.lastIndex(of: "/").map { String(page[..<$0]) } ?? "."
    }

    private func names(in folder: String) throws -> [String] {
        try namesInDirectory("\(root)/\(folder)").filter { !$0.hasPrefix(".") && $0 != "__pycache__" }
    }

    private func status(_ path: String) throws -> FileStatus { try FileStatus(ofPath: "\(root)/\(path)") }

    func text(_ path: String) throws -> String {
        String(decoding: try contentsOfFile("\(root)/\(path)"), as: UTF8.self)
    }
}
