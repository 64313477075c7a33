// SPDX-License-Identifier: Apache-2.0
//
// What a person names on the command line, turned into sessions or profiles: targets are found, files read, errors
// given words. No verb opens a file by itself.

import ArgumentParser
import SiltFile
import SiltHost
import SiltPprof
import SiltProfile
import SiltReport
import SiltSymbols

/// What has been read from one or several targets.
enum Input {
    case sessions([Session])
    /// From somebody's pprof files.
    case profile(Profile)

    /// Whether every one was made by the shim.
    var sessions: [Session]? {
        if case .sessions(let sessions) = self { sessions } else { nil }
    }
}

/// Where sessions are looked for.
struct CatalogOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Look for sessions here (default: $SILT_DIR and /tmp/silt-<uid>).", valueName: "folder"))
    var dir: String?

    var catalog: Catalog { dir.map { Catalog(directories: [$0]) } ?? Catalog() }

    /// The files that targets stand for.
    ///
    /// - Parameter merge: a name may stand for all its sessions.
    /// - Throws: ``Failure`` in words.
    func paths(of targets: [String], merge: Bool = false) throws(Failure) -> [String] {
        // Directories are read only if something has to be looked up.
        var known: Catalog?
        var paths: [String] = []
        for target in targets {
            if target.contains("/") || target.hasSuffix(".silt") {
                paths.append(target)
                continue
            }
            let looked = known ?? catalog
            known = looked
            let group = looked.all(matching: target)
            if merge && !group.isEmpty {
                paths += group.map(\.path)
                continue
            }
            do {
                paths.append(try looked.resolve(target))
            } catch {
                if case .ambiguous = error {
                    throw .use("\(error)\nWith --merge all of them are added up.")
                }
                throw .input("\(error)")
            }
        }
        return paths
    }
}

/// Where names come from.
struct SymbolOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A copy of the profiled machine's files.", valueName: "folder"))
    var sysroot: String?

    @Option(help: ArgumentHelp("Where separate debug files are; may be repeated.", valueName: "folder"))
    var debugDir: [String] = []

    /// A symbolizer for these sessions, which shows on a terminal how far it is.
    func symbolizer(for sessions: [Session]) -> Symbolizer { symbolizer(for: sessions.flatMap(\.modules)) }

    /// A symbolizer for these modules, which shows on a terminal how far it is.
    func symbolizer(for modules: [Module]) -> Symbolizer {
        let options = Symbolizer.Options(sysroot: sysroot, debugDirectories: debugDir)
        let modules = Set(modules.map(\.path)).count
        guard Terminal.showsErrors else { return Symbolizer(options: options, expectedModules: modules) }
        return Symbolizer(options: options, expectedModules: modules) { progress in
            let name = progress.name.split(separator: "/").last ?? ""
            printError("\u{1B}[1A\u{1B}[2Kreading symbols \(progress.done + 1)/\(progress.total) \(name)")
        }
    }
}

struct InputOptions: ParsableArguments {
    @OptionGroup var place: CatalogOptions
    @OptionGroup var symbols: SymbolOptions

    @Flag(help: "A name stands for all its sessions: they are added up.")
    var merge = false

    @Flag(help: "Keep the processes that are added up apart.")
    var byProcess = false

    /// Reads targets: all of them sessions, or all of them pprof files.
    ///
    /// - Throws: ``Failure`` in words.
    func read(_ targets: [String]) throws(Failure) -> Input {
        let paths = try place.paths(of: targets, merge: merge)
        var sessions: [Session] = []
        var profiles: [Profile] = []
        for path in paths {
            if let profile = try readPprof(path) {
                profiles.append(profile)
            } else if let session = try readSession(path, mayVanish: !targets.contains(path)) {
                sessions.append(session)
            }
        }
        if profiles.isEmpty {
            guard !sessions.isEmpty else {
                throw .input("\(targets.joined(separator: ", ")): ended just now; look again")
            }
            return .sessions(sessions)
        }
        guard sessions.isEmpty else {
            throw .use("session files and pprof files cannot be mixed: export the session files first (silt export)")
        }
        let kinds = Set(profiles.map(\.kinds))
        guard kinds.count == 1 else { throw .use("these pprof files measure different things and cannot be added up") }
        return .profile(Profile.merged(profiles, keepProcessesApart: byProcess))
    }

    /// The heap that targets show together.
    func profile(_ targets: [String]) throws(Failure) -> Profile {
        switch try read(targets) {
        case .profile(let profile): return profile
        case .sessions(let sessions):
            return Profile.heap(
                sessions, symbols: symbols.symbolizer(for: sessions), keepProcessesApart: byProcess)
        }
    }

    /// What changed between snapshots.
    func diff(from base: Input, to after: Input) throws(Failure) -> SiltProfile.Diff {
        switch (base, after) {
        case (.sessions(let old), .sessions(let new)):
            SiltProfile.Diff(
                from: old, to: new, symbols: symbols.symbolizer(for: old + new), keepProcessesApart: byProcess)
        case (.profile(let old), .profile(let new)): SiltProfile.Diff(from: old, to: new)
        default: throw .use("a session file and a pprof file cannot be compared: export the session file first")
        }
    }

    /// How memory developed over snapshots.
    func trend(over snapshots: [Input]) throws(Failure) -> Trend {
        let sessions = snapshots.compactMap(\.sessions)
        guard sessions.count == snapshots.count else {
            throw .use("pprof files do not tell one sample from another: name session files or dumps")
        }
        return Trend(of: sessions, symbols: symbols.symbolizer(for: sessions.flatMap { $0 }))
    }

    /// - Parameter mayVanish: the file was found by its program's name, and its process may have ended since.
    private func readSession(_ path: String, mayVanish: Bool) throws(Failure) -> Session? {
        do {
            return try Session(contentsOf: path)
        } catch {
            if mayVanish, !fileExists(path) {
                printError("silt: \(path): ended just now, and is left out")
                return nil
            }
            throw .input("\(error)")
        }
    }

    private func readPprof(_ path: String) throws(Failure) -> Profile? {
        guard (try? FileStatus(ofPath: path, followingLinks: true))?.kind == .regular,
            let start = try? contentsOfFile(path, limit: 4096), looksLikePprof(start)
        else { return nil }
        let bytes: [UInt8]
        do {
            bytes = try contentsOfFile(path, limit: 1 << 32)
        } catch {
            throw .input("\(path): cannot be read: \(error.text)")
        }
        do {
            return try Profile(pprof: bytes)
        } catch {
            throw .input("\(path): \(error)")
        }
    }
}

/// A snapshot that is subtracted.
struct ComparisonOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Show what changed since this snapshot.", valueName: "file"))
    var base: String?

    /// The heap that targets show together, or its change since the base.
    func profile(_ targets: [String], _ input: InputOptions) throws(Failure) -> Profile {
        guard let base else { return try input.profile(targets) }
        return try input.diff(from: try input.read([base]), to: try input.read(targets)).profile
    }
}
