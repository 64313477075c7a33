// SPDX-License-Identifier: Apache-2.0
//
// The FrameSource that reads object files: finds a module's file, asks it for names, demangles them, and remembers the
// answers. No file is opened before an address in it is asked for.

package import SiltFile

/// Names addresses from the object files on this machine and their debug information.
///
/// Not for use from several threads at once. If `DEBUGINFOD_URLS` is set, libdw may fetch debug files from there.
package final class Symbolizer: FrameSource {
    /// Where the files are.
    package struct Options: Sendable, Hashable {
        /// A directory that stands for `/`: a copy of the profiled machine's files.
        package var sysroot: String?
        /// Directories that processes in containers take for `/`, searched before it unless there is a sysroot.
        package var roots: [String]
        /// Directories with separate debug files (`.build-id/xx/yyy.debug`, or by name) or copies of the binaries;
        /// `/usr/lib/debug` is always searched, after these.
        package var debugDirectories: [String]
        /// Whether lines and inlined functions are looked up; without, names come from the symbol tables alone.
        package var usesDebugInfo: Bool

        package init(
            sysroot: String? = nil, roots: [String] = [], debugDirectories: [String] = [], usesDebugInfo: Bool = true
        ) {
            self.sysroot = sysroot
            self.roots = roots
            self.debugDirectories = debugDirectories
            self.usesDebugInfo = usesDebugInfo
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

    /// A module with the answers given so far, by address in its file.
    private final class Cache {
        var elf: ElfModule?
        var frames: [UInt64: [Frame]] = [:]
        /// Whether the reason why addresses have no name was already noted.
        var isExplained = false
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
    private var caches: [Key: Cache] = [:]
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
        let cache = cache(of: module)
        let frames = addresses.map { address in
            let address = address &- module.bias
            if let known = cache.frames[address] { return known }
            let frames = cache.elf?.frames(at: address, usesDebugInfo: options.usesDebugInfo) ?? []
            let named = frames.map(demangled)
            cache.frames[address] = named
            return named
        }
        if let elf = cache.elf, !cache.isExplained, frames.contains([]) {
            cache.isExplained = true
            if !elf.hasDebugInfo, (try? ElfFile(path: elf.path))?.hasSection(".symtab") == false {
                stripped.append(module.path)
            }
        }
        return frames
    }

    package func module(mapping addresses: Range<UInt64>, offset: UInt64, of path: String) -> Module {
        var module = Module(
            addresses: addresses, bias: addresses.lowerBound &- offset, text: addresses, textFileOffset: offset,
            path: path, buildID: [])
        if let bias = cache(of: module).elf?.bias(at: addresses.lowerBound, offset: offset) { module.bias = bias }
        return module
    }

    private func cache(of module: Module) -> Cache {
        let key = Key(path: module.path, buildID: module.buildID)
        if let known = caches[key] { return known }
        let cache = Cache()
        progress?(
            Progress(done: caches.count, total: max(expectedModules, caches.count + 1), name: module.path))
        let result = finder.find(module)
        cache.elf = result.elf
        if let warning = result.warning, !problems.contains(warning) { problems.append(warning) }
        caches[key] = cache
        return cache
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
