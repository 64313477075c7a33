// SPDX-License-Identifier: Apache-2.0
//
// Which file on this machine is the module that a process had loaded. A file that could be another build is never
// taken: a wrong name is worse than none.

import SiltFile
import SiltHost

/// Finds the file of a module, by its path and above all by its build id.
struct ModuleFinder {
    let options: Symbolizer.Options

    let debugFiles: DebugFiles

    init(options: Symbolizer.Options) {
        self.options = options
        let usual = ((options.sysroot.map { [$0] } ?? []) + [""] + options.roots).map { $0 + "/usr/lib/debug" }
        debugFiles = DebugFiles(
            folders: (options.debugDirectories + usual).map(absolutePath), fetched: options.fetchedFiles)
    }

    /// A path at which the file could be.
    private struct Candidate {
        var path: String
        /// It is the module's own path: the file is taken without a build id if none was recorded.
        var isOriginal: Bool
    }

    /// The file of a module, if it was found.
    struct Result {
        var elf: ElfModule?
        /// Why it was not found, and what to do, in sentences for a person.
        var warning: String?
        /// Every file that was looked at or would have been taken had it been there, as it was before it was read.
        var files: [NamePage.FileMark] = []
        /// Whether nothing but these files decides what its addresses are called.
        var isDecidedByFiles = false

        /// As ``ElfModule/frames(at:usesDebugInfo:)``; none if there is no file.
        func frames(at link: UInt64, _ options: Symbolizer.Options) -> [Frame] {
            elf?.frames(at: link, usesDebugInfo: options.usesDebugInfo) ?? []
        }
    }

    /// Opens the file of a module.
    ///
    /// A file at the module's own path (below the sysroot or the one root, if there is one) is believed if its build id
    /// is the recorded one, or if none was recorded. A file elsewhere must have the recorded build id.
    ///
    /// - Parameter addresses: what it will be asked for, in ascending order.
    func find(_ module: Module, expecting addresses: [UInt64] = []) -> Result {
        guard !isVirtual(module.path) else { return Result() }
        let expected = module.buildID
        var problem = "no such file"
        var withoutDebugInfo: ElfModule?
        var files: [NamePage.FileMark] = []
        func result(_ elf: ElfModule) -> Result {
            let debugFile = elf.separateDebugFile
            if let debugFile, !files.contains(where: { $0.path == debugFile }) {
                files.append(NamePage.FileMark(of: debugFile))
            }
            files += elf.sharedDebugFiles.map(NamePage.FileMark.init)
            return Result(elf: elf, files: files, isDecidedByFiles: elf.hasWholeDebugInfo)
        }
        for candidate in candidates(of: module) {
            files.append(NamePage.FileMark(of: candidate.path))
            do {
                let elf = try ElfModule(
                    path: candidate.path, debugFiles: debugFiles, unpackedInPart: options.unpackedInPart)
                let buildID = elf.buildID
                guard buildID == expected || (candidate.isOriginal && expected.isEmpty) else {
                    if candidate.isOriginal {
                        let found = buildID.isEmpty ? "none" : hexadecimal(buildID)
                        let wanted = hexadecimal(expected)
                        problem = "the file there is another build (build id \(found), profiled was \(wanted))"
                    }
                    continue
                }
                files += debugFiles.paths(of: candidate.path, link: elf.debugLink).map(NamePage.FileMark.init)
                if options.usesDebugInfo { elf.expect(addresses) }
                if !options.usesDebugInfo || elf.hasDebugInfo { return result(elf) }
                withoutDebugInfo = withoutDebugInfo ?? elf
            } catch {
                if candidate.isOriginal, let reason = error.reason { problem = reason }
            }
        }
        if let elf = withoutDebugInfo { return result(elf) }
        return Result(warning: "\(module.path): \(problem); its functions have no names. \(advice(for: expected))")
    }

    /// The module's own path first, then the debug directories: by build id, then by file name.
    private func candidates(of module: Module) -> [Candidate] {
        let deleted = " (deleted)"
        let isDeleted = module.path.hasSuffix(deleted)
        let path = isDeleted ? String(module.path.dropLast(deleted.count)) : module.path
        // A file that replaced a deleted one, or is found relative to this process's directory, needs the build id.
        let isOriginal = path.hasPrefix("/") && !isDeleted
        var result: [Candidate] = []
        if let sysroot = options.sysroot {
            result.append(Candidate(path: sysroot + (path.hasPrefix("/") ? "" : "/") + path, isOriginal: isOriginal))
        } else {
            // With several, nobody knows whose module it is.
            let roots = path.hasPrefix("/") ? options.roots : []
            result += roots.map { Candidate(path: $0 + path, isOriginal: isOriginal && roots.count == 1) }
            result.append(Candidate(path: path, isOriginal: isOriginal && roots.isEmpty))
        }
        guard !module.buildID.isEmpty else { return result.filter(\.isOriginal) }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let named = debugFiles.folders.flatMap { ["\($0)/\(name)", "\($0)/\(name).debug"] }
        return result
            + (debugFiles.paths(buildID: module.buildID) + named).map { Candidate(path: $0, isOriginal: false) }
    }

    private func advice(for buildID: [UInt8]) -> String {
        guard !buildID.isEmpty else { return "Give the files of that machine with --sysroot." }
        let id = hexadecimal(buildID)
        return "Give the files of that machine with --sysroot, or with --debug-dir a directory that has the same build"
            + " or .build-id/\(id.prefix(2))/\(id.dropFirst(2)).debug."
    }
}

extension ElfModule.OpenError {
    /// For a person; nil if there is no such file.
    fileprivate var reason: String? {
        switch self {
        case .unreadable(let error): error.isMissing ? nil : error.text
        case .notELF(let reason): "not an object file (\(reason))"
        }
    }
}

/// Whether the code was made by the kernel or by a compiler at run time, so that there is no file to look for.
private func isVirtual(_ path: String) -> Bool {
    path.isEmpty || path.hasPrefix("[") || path.hasPrefix("linux-vdso.so") || path.hasPrefix("linux-gate.so")
}
