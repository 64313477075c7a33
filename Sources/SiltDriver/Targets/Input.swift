// SPDX-License-Identifier: Apache-2.0
//
// Reading what targets name: sessions, or the profiles of other tools, never both at once. It tells them apart by their
// first bytes, opens each file itself and gives every error its words.

package import SiltFile
import SiltHost
import SiltPprof
package import SiltProfile
import SiltSymbols

/// What has been read from one or several targets.
package enum Input: Sendable {
    case sessions([Session])
    /// Pprof files, or heap profiles in text form, added up. They do not tell one sample from another, so that nothing can be matched.
    case profile(Profile)

    /// Nil if these are pprof files.
    package var sessions: [Session]? {
        if case .sessions(let sessions) = self { sessions } else { nil }
    }
}

extension [Input] {
    /// The same without the living samples of sessions, which take most of the memory: for what is asked when they have been
    /// added up.
    var withoutLiving: [Input] {
        map { input in
            guard case .sessions(var sessions) = input else { return input }
            for index in sessions.indices { sessions[index].forgetLiving() }
            return .sessions(sessions)
        }
    }

    /// The same without what living samples have of pages, when that has been added up.
    var withoutPages: [Input] {
        map { input in
            guard case .sessions(var sessions) = input else { return input }
            for index in sessions.indices { sessions[index].pages = nil }
            return .sessions(sessions)
        }
    }
}

extension Driver {
    /// Reads targets: all of them sessions, or all of them pprof files.
    ///
    /// - Throws: ``Failure`` if a target names no file or several, a file cannot be read, or the two kinds are mixed.
    package func read(_ targets: [String]) throws(Failure) -> Input {
        let paths = try paths(of: targets)
        var sessions: [Session] = []
        var profiles: [Profile] = []
        for path in paths {
            if let profile = try readForeign(path) {
                profiles.append(profile)
            } else if let session = try readSession(path, mayVanish: !targets.contains(path)) {
                sessions.append(session)
            }
        }
        if profiles.isEmpty {
            guard !sessions.isEmpty else {
                throw .input("\(targets.joined(separator: ", ")): ended just now; run the command again")
            }
            return .sessions(sessions)
        }
        guard sessions.isEmpty else {
            throw .use("session files and pprof files cannot be mixed: export the session files first (silt export)")
        }
        let kinds = Set(profiles.map(\.kinds))
        guard kinds.count == 1 else { throw .use("these pprof files measure different things and cannot be added up") }
        return .profile(Profile.merged(profiles, keepProcessesApart: keepsProcessesApart))
    }

    /// Reads snapshots, each as ``read(_:)`` does, several files at the same time. Processes are read in order: what is named
    /// first is to be the older one.
    ///
    /// - Parameter snapshots: the targets of each.
    /// - Throws: as ``read(_:)``, of the first that cannot be read.
    func readEach(_ snapshots: [[String]]) throws(Failure) -> [Input] {
        func read(_ number: Int) -> Result<Input, Failure> {
            Result { () throws(Failure) in try self.read(snapshots[number]) }
        }
        let areFiles = snapshots.joined().allSatisfy { Catalog.isPath($0) && !$0.hasSuffix(".live.silt") }
        let results = areFiles ? shareOut(snapshots.count, read) : snapshots.indices.map(read)
        var inputs: [Input] = []
        for result in results { inputs.append(try result.get()) }
        return inputs
    }

    /// - Parameter mayVanish: the file was found by its program's name, and its process may have ended since.
    private func readSession(_ path: String, mayVanish: Bool) throws(Failure) -> Session? {
        do {
            var session = try Session(contentsOf: path)
            if session.isEmpty { session.ownAllocator = ExecutableReport.ownAllocator(of: executable(of: session)) }
            return session
        } catch {
            if mayVanish, !fileExists(path) {
                reporter.note("\(path): ended just now, and is left out")
                return nil
            }
            throw .input("\(error)")
        }
    }

    /// Where the executable of a session should lie on this machine.
    private func executable(of session: Session) -> String {
        let root = symbols.sysroot ?? ProcessTable().root(of: session.header, file: session.path)
        return (root ?? "") + session.header.exe
    }

    /// Nil for what is no profile of another tool: it is then read as a session, whose reader says what is wrong with it.
    private func readForeign(_ path: String) throws(Failure) -> Profile? {
        guard (try? FileStatus(ofPath: path, followingLinks: true))?.kind == .regular,
            let start = try? contentsOfFile(path, limit: 4096)
        else { return nil }
        let isLegacy = looksLikeLegacyHeap(start)
        guard isLegacy || looksLikePprof(start) else { return nil }
        let bytes: [UInt8]
        do {
            // Readers refuse more than a quarter of a gibibyte, packed or not, in words.
            bytes = try contentsOfFile(path, limit: (1 << 28) + 1)
        } catch {
            throw .input("\(path): cannot be read: \(error.text)")
        }
        do {
            return isLegacy
                ? try Profile(legacyHeap: bytes, symbols: symbolizer(for: [Module]())) : try Profile(pprof: bytes)
        } catch {
            throw .input("\(path): \(error)")
        }
    }
}
