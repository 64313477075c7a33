// SPDX-License-Identifier: Apache-2.0
//
// What is known of a program before it is started: can the shim be preloaded into it, will the shim see its
// allocations, will its functions have names. Facts only: the sentences for a person are made elsewhere.

import SiltHost

/// What an executable file tells about how well it can be profiled.
package struct ExecutableReport: Sendable, Hashable {
    /// Why there is nothing to report.
    package enum Failure: Error, Hashable {
        case notFound(path: String)
        /// `reason` in the system's words.
        case unreadable(path: String, reason: String)
        /// Neither an executable nor a script.
        case notExecutable(path: String, reason: String)
        /// More scripts that interpret each other than the kernel follows.
        case tooManyInterpreters(path: String)
    }

    /// Why the dynamic loader ignores LD_PRELOAD for this file, unless root starts it.
    package enum Privilege: String, Sendable, Hashable, CaseIterable {
        case setuid, setgid, capabilities
    }

    /// Why a preloaded libsilt.so would not be loaded, would end the program, or would not see its calls of malloc.
    package enum Obstacle: Sendable, Hashable {
        case linkedStatically
        /// It has libsilt.a in it and is linked dynamically: what its libraries allocate would not be seen.
        case archiveInDynamic
        /// With musl, libsilt.so is loaded and records nothing.
        case musl
        /// Its loader takes no library of this machine's class and architecture.
        case otherMachine
        /// The runtime of AddressSanitizer ends a program in which it does not come first.
        case sanitizer(library: String)
        case privileges([Privilege])
        /// The functions of malloc's family that it defines itself.
        case ownMalloc([String])
    }

    /// Where lines and inlined functions can be read from.
    package enum DebugInfo: Sendable, Hashable {
        case none
        case inFile
        case separate(path: String)
    }

    /// The scripts that lead to the executable, in the order in which the kernel reads them; usually none.
    package var scripts: [String]
    /// The ELF file that the kernel runs.
    package var path: String
    package var is64Bit: Bool
    /// ELF e_machine.
    package var machine: UInt16
    /// The dynamic loader that starts it; nil if it is linked statically, so that nothing can be preloaded.
    package var loader: String?
    /// What makes the loader ignore LD_PRELOAD.
    package var privileges: [Privilege]
    /// Functions of the malloc family that the executable itself defines, sorted. Its own calls go there, past any
    /// preloaded library.
    package var ownMalloc: [String]
    /// Functions of allocators with other names than malloc's (`mi_malloc`, `_rjem_malloc`) that the executable
    /// contains, sorted. Memory taken by them is not seen.
    package var embeddedAllocators: [String]
    /// Allocators among the libraries that it needs, directly or not, sorted. A preloaded library is called before
    /// them.
    package var allocatorLibraries: [String]
    /// The runtime of AddressSanitizer among those libraries. It ends the program unless it is loaded first.
    package var sanitizer: String?
    /// The version of the shim that it is linked with, as by libsilt.a; nil: it has none of its own.
    package var linkedShim: String?
    /// Whether that is libsilt.a.
    package var linksArchive: Bool
    /// Libraries that it needs, directly or not, and that were not found in the usual places, sorted.
    package var missingLibraries: [String]
    /// Lower-case hexadecimal; empty if there is none.
    package var buildID: String
    package var debugInfo: DebugInfo
    /// Whether there is a full symbol table, not only the dynamic one.
    package var hasSymbols: Bool
    /// Whether there are unwind tables (.eh_frame).
    package var hasUnwindTables: Bool
    /// What the innermost script goes on as, if the executable is a shell; nil: it is none, or there is no script.
    package var shellScript: ShellScript?

    /// The first thing that stands in the way of profiling it; nil: it can be profiled. The only rule for that.
    package var obstacle: Obstacle? {
        if linkedShim != nil { return linksArchive && loader != nil ? .archiveInDynamic : nil }
        guard let loader else { return .linkedStatically }
        if loader.split(separator: "/").last?.hasPrefix("ld-musl-") == true { return .musl }
        if let own = Self.ownMachine, own.is64Bit != is64Bit || own.machine != machine { return .otherMachine }
        if let sanitizer { return .sanitizer(library: sanitizer) }
        if !privileges.isEmpty { return .privileges(privileges) }
        return ownMalloc.isEmpty ? nil : .ownMalloc(ownMalloc)
    }

    /// What this program, and so the libsilt.so beside it, is built for; nil: not known.
    private static let ownMachine = (try? ElfFile(path: "/proc/self/exe"))?.header

    /// Reads the file at `path`, or the one that interprets it, if it is a script.
    ///
    /// - Parameters:
    ///   - debugDirectories: as in ``Symbolizer/Options``.
    ///   - root: what the program takes for `/`; its own path is not below it.
    package init(path: String, debugDirectories: [String] = [], root: String = "") throws(Failure) {
        var scripts: [String] = []
        var path = path
        while let interpreter = try Self.interpreter(ofScript: path) {
            scripts.append(path)
            // The kernel follows no more.
            guard scripts.count <= 5 else { throw .tooManyInterpreters(path: scripts[0]) }
            path = interpreter
        }
        self.scripts = scripts
        self.path = path
        shellScript = scripts.last.flatMap { ShellScript(path: $0, interpreter: path) }

        do throws(ElfModule.OpenError) {
            let file = try ElfFile(path: path)
            guard file.isProgram else { throw .notELF(reason: "an object file or a core dump") }
            is64Bit = file.header.is64Bit
            machine = file.header.machine
            loader = file.interpreter
            ownMalloc = file.definitions(among: Self.mallocFamily).sorted()
            embeddedAllocators = file.definitions(among: Self.allocatorFamilies).sorted()
            hasSymbols = file.hasSection(".symtab")
            hasUnwindTables = file.hasSection(".eh_frame")
            let identity = BuildIdentity(of: file)
            linkedShim = identity.version
            linksArchive = identity.isStatic

            let libraries = LibraryClosure(of: file, at: path, root: root)
            allocatorLibraries = libraries.names.filter(Self.isAllocator(library:))
            sanitizer = libraries.names.first { $0.hasPrefix("libasan.") }
            missingLibraries = libraries.missing

            let finder = ModuleFinder(options: Symbolizer.Options(debugDirectories: debugDirectories))
            let module = try ElfModule(
                path: path, debugFiles: finder.debugFiles, unpackedInPart: finder.options.unpackedInPart)
            buildID = hexadecimal(module.buildID)
            debugInfo =
                module.separateDebugFile.map { .separate(path: $0) } ?? (module.hasDebugInfo ? .inFile : .none)
        } catch {
            throw Failure(error, path: path)
        }
        privileges = Self.privileges(of: path)
    }

    private static let mallocFamily: Set<String> = [
        "malloc", "calloc", "realloc", "free", "posix_memalign", "aligned_alloc", "_Znwm", "_Znam", "_ZdlPv", "_ZdaPv",
    ]
    private static let allocatorFamilies: Set<String> = [
        "je_malloc", "_rjem_malloc", "_rjem_mallocx", "jemalloc_malloc", "mi_malloc", "tc_malloc", "rpmalloc",
        "sn_malloc",
    ]
    private static let allocatorLibraryPrefixes = [
        "libjemalloc.", "libtcmalloc", "libmimalloc", "libsnmalloc", "librpmalloc", "libhoard.", "libtbbmalloc",
    ]

    /// Whether a file of this name is an allocator, in whose place libsilt.so does not step.
    package static func isAllocator(library name: String) -> Bool {
        allocatorLibraryPrefixes.contains { name.hasPrefix($0) }
    }

    /// The functions of an executable by which memory is taken past libsilt.so: those of malloc's family that it defines
    /// itself, or those of other allocators, sorted. Empty if there are none, or the file cannot be read.
    ///
    /// - Complexity: O(number of its symbols).
    package static func ownAllocator(of path: String) -> [String] {
        guard let file = try? ElfFile(path: path) else { return [] }
        // Where the shim is a part of it, malloc is the shim's, or comes behind it.
        let own = BuildIdentity(of: file).version == nil ? file.definitions(among: mallocFamily) : []
        return (own.isEmpty ? file.definitions(among: allocatorFamilies) : own).sorted()
    }

    private static func privileges(of path: String) -> [Privilege] {
        var result: [Privilege] = []
        if let status = try? FileStatus(ofPath: path, followingLinks: true) {
            if status.isSetuid { result.append(.setuid) }
            if status.isSetgid { result.append(.setgid) }
        }
        if hasFileCapabilities(path) { result.append(.capabilities) }
        return result
    }

    // MARK: Scripts

    /// The program that runs a script; nil if the file is not a script.
    ///
    /// `/usr/bin/env NAME` is followed to what `PATH` has under that name.
    private static func interpreter(ofScript path: String) throws(Failure) -> String? {
        let start: [UInt8]
        do throws(ElfModule.OpenError) {
            start = try readStart(of: path, count: 256)
        } catch {
            throw Failure(error, path: path)
        }
        guard start.starts(with: "#!".utf8) else { return nil }
        let line = String(decoding: start.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
        guard let interpreter = words.first else {
            throw .notExecutable(path: path, reason: "its first line `#!` names no interpreter")
        }
        guard interpreter.hasSuffix("/env"),
            let name = words.dropFirst().first(where: { !$0.hasPrefix("-") && !$0.contains("=") })
        else { return interpreter }
        return (name.contains("/") ? nil : programInPath(name)) ?? interpreter
    }

    private static func readStart(of path: String, count: Int) throws(ElfModule.OpenError) -> [UInt8] {
        let file = try ElfModule.openRegularFile(path)
        do {
            return try file.read(at: 0, count: count)
        } catch {
            throw .unreadable(error)
        }
    }
}

extension ExecutableReport.Failure {
    fileprivate init(_ error: ElfModule.OpenError, path: String) {
        switch error {
        case .unreadable(let error):
            self = error.isMissing ? .notFound(path: path) : .unreadable(path: path, reason: error.text)
        case .notELF(let reason): self = .notExecutable(path: path, reason: reason)
        }
    }
}
