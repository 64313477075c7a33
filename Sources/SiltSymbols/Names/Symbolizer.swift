// SPDX-License-Identifier: Apache-2.0
//
// The FrameSource that reads object files: finds a module's file, asks it for names, demangles them, and remembers the
// answers, here and, if there is a cache, on disk. No file is opened before an address in it is asked for that is not known.

package import SiltFile
import SiltHost

/// Names addresses from the object files on this machine and their debug information.
///
/// Not for use from several threads at once.
package final class Symbolizer: FrameSource {
    /// Where the files are.
    package struct Options: Sendable {
        /// A directory that stands for `/`: a copy of the profiled machine's files.
        package var sysroot: String?
        /// Directories that processes in containers take for `/`, searched before it unless there is a sysroot.
        package var roots: [String]
        /// Directories with separate debug files (`.build-id/xx/yyy.debug`, or by name) or copies of the binaries;
        /// `/usr/lib/debug` is always searched, after these.
        package var debugDirectories: [String]
        /// What debuginfod's clients (gdb, debuginfod-find) have fetched: `BUILDID/debuginfo`; nil: nothing.
        package var fetchedFiles: String? = DebugFiles.fetchedByOthers
        /// Whether lines and inlined functions are looked up; without, names come from the symbol tables alone.
        package var usesDebugInfo: Bool
        /// Packed bytes of units from which on only those of them are unpacked that are asked for. Smaller ones are unpacked
        /// whole, and their checksum is checked, in a few milliseconds.
        package var unpackedInPart: UInt64 = 1 << 20
        /// Where names stay for the next run; nil: nowhere.
        package var cache: NameCache?

        package init(
            sysroot: String? = nil, roots: [String] = [], debugDirectories: [String] = [], usesDebugInfo: Bool = true,
            cache: NameCache? = nil
        ) {
            self.sysroot = sysroot
            self.roots = roots
            self.debugDirectories = debugDirectories
            self.usesDebugInfo = usesDebugInfo
            self.cache = cache
        }
    }

    /// How many object files have been opened, for a display of progress.
    package struct Progress: Sendable, Hashable {
        /// Modules opened so far.
        package var done: Int
        /// Modules expected in all, as far as it is known.
        package var total: Int
        /// Path of the module that is about to be opened.
        package var name: String
    }

    /// A module with the answers given so far.
    private final class Names {
        let question: NameCache.Question
        var page: NamePage
        /// Nil: all that was asked for was on the page.
        var file: ModuleFinder.Result?
        /// Whether the reason why addresses have no name was already noted.
        var isExplained = false

        init(_ question: NameCache.Question, page: NamePage?) {
            self.question = question
            self.page = page ?? NamePage(question: question.text)
        }
    }

    /// What makes two modules the same file, wherever they were loaded.
    private struct Key: Hashable {
        var path: String
        var buildID: [UInt8]
    }

    private let options: Options
    private let finder: ModuleFinder
    private let expectedModules: Int
    private let progress: ((Progress) -> Void)?
    private var modules: [Key: Names] = [:]
    private var filesOpened = 0
    private var names: [String: String] = [:]
    private var problems: [String] = []
    /// Files with functions that have no name, since there was neither a symbol table nor a debug file.
    private var stripped: [String] = []

    /// One sentence or two for each module that could not be used, and one for all that are stripped.
    package var warnings: [String] {
        guard !stripped.isEmpty else { return problems }
        let advice = "install their debug symbols, or name the folder of the debug files with --debug-dir."
        return problems + [
            "some functions have no names, since these files are stripped: "
                + stripped.joined(separator: ", ") + "; \(advice)"
        ]
    }

    /// - Parameters:
    ///   - expectedModules: how many modules will be asked for; only ``Progress/total`` depends on it.
    ///   - progress: called before each module is opened, which is what can take long.
    package init(options: Options = Options(), expectedModules: Int = 0, progress: ((Progress) -> Void)? = nil) {
        self.options = options
        self.expectedModules = expectedModules
        self.progress = progress
        finder = ModuleFinder(options: options)
    }

    /// The frames at each address, innermost first; an empty array where nothing is known.
    ///
    /// The outermost frame is named by the symbol table, the ones inlined into it by the debug information.
    ///
    /// - Complexity: O(log n) for an address in a file with n functions, O(1) if it was asked for before; besides,
    ///   once for each module, O(n log n), and once for each compilation unit with an address, its size.
    package func frames(at addresses: [UInt64], in module: Module) -> [[Frame]] {
        let names = names(of: module)
        let links = addresses.map { $0 &- module.bias }
        if links.contains(where: { names.page.frames[$0] == nil }) { read(links, of: module, into: names) }
        let frames = links.map { names.page.frames[$0] ?? [] }
        if names.page.isStripped, !names.isExplained, frames.contains([]) {
            names.isExplained = true
            stripped.append(module.path)
        }
        return frames
    }

    package func module(mapping addresses: Range<UInt64>, offset: UInt64, of path: String) -> Module {
        var module = Module(
            addresses: addresses, bias: addresses.lowerBound &- offset, text: addresses, textFileOffset: offset,
            path: path, buildID: [])
        let file = file(of: module, names(of: module))
        if let bias = file.elf?.bias(at: addresses.lowerBound, offset: offset) { module.bias = bias }
        return module
    }

    private func names(of module: Module) -> Names {
        let key = Key(path: module.path, buildID: module.buildID)
        if let known = modules[key] { return known }
        let question = NameCache.Question(module, options)
        let names = Names(question, page: options.cache?.page(question))
        modules[key] = names
        return names
    }

    /// Asks the module's file for the addresses that are not known, and keeps the answers.
    private func read(_ links: [UInt64], of module: Module, into names: Names) {
        let file = file(of: module, names)
        enter(links.filter { names.page.frames[$0] == nil }.map { ($0, file.frames(at: $0, options)) }, into: names)
    }

    /// Modules of which nothing is known yet are opened and asked several at a time, since to unpack debug information takes
    /// most of the time. What they answer is taken in afterwards, one after the other.
    package func prepare(_ questions: [(addresses: [UInt64], module: Module)]) {
        var unread: [(names: Names, module: Module, links: [UInt64])] = []
        for (addresses, module) in questions {
            let names = names(of: module)
            let links = Set(addresses.map { $0 &- module.bias }).sorted()
            guard names.file == nil, links.contains(where: { names.page.frames[$0] == nil }),
                !unread.contains(where: { $0.names === names })
            else { continue }
            unread.append((names, module, links))
        }
        guard unread.count > 1 else { return }
        for (number, next) in unread.enumerated() { tellProgress(next.module, done: filesOpened + number) }
        let (finder, options) = (finder, options)
        let modules = unread.map(\.module)
        let links = unread.map(\.links)
        // libdw has no state that two sessions of it share.
        let answers = shareOut(modules.count) { number in
            let file = finder.find(modules[number], expecting: links[number])
            return (file: file, frames: links[number].map { file.frames(at: $0, options) })
        }
        for (next, answer) in zip(unread, answers) {
            filesOpened += 1
            take(answer.file, into: next.names)
            enter(zip(next.links, answer.frames), into: next.names)
        }
    }

    /// Puts answers of its file on a module's page.
    private func enter(_ answers: some Sequence<(UInt64, [Frame])>, into names: Names) {
        var hasNameless = false
        for (link, frames) in answers {
            names.page.frames[link] = frames.map(demangled)
            hasNameless = hasNameless || frames.isEmpty
        }
        guard let file = names.file, let elf = file.elf else { return }
        if hasNameless, !names.page.isStripped, !elf.hasDebugInfo {
            names.page.isStripped = (try? ElfFile(path: elf.path))?.hasSection(".symtab") == false
        }
        guard let cache = options.cache, file.isDecidedByFiles else { return }
        cache.keep(names.page, for: names.question)
        cache.prune()
    }

    private func file(of module: Module, _ names: Names) -> ModuleFinder.Result {
        if let known = names.file { return known }
        tellProgress(module, done: filesOpened)
        filesOpened += 1
        let found = finder.find(module)
        take(found, into: names)
        return found
    }

    private func take(_ found: ModuleFinder.Result, into names: Names) {
        if let warning = found.warning, !problems.contains(warning) { problems.append(warning) }
        // Files that have changed since the page was read have other names.
        if names.page.files != found.files { names.page = NamePage(question: names.question.text, files: found.files) }
        names.file = found
    }

    private func tellProgress(_ module: Module, done: Int) {
        progress?(Progress(done: done, total: max(expectedModules, done + 1), name: module.path))
    }

    private func demangled(_ frame: Frame) -> Frame {
        guard let name = frame.systemName else { return frame }
        var frame = frame
        let function = names[name] ?? demangle(name)
        names[name] = function
        frame.function = function
        return frame
    }
}
