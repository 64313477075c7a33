// SPDX-License-Identifier: Apache-2.0
//
// From what a person types to the files that are meant: a path, a pid or a program's name. No file is opened here.

import SiltFile
import SiltHost
import SiltSymbols

extension Driver {
    /// The files that targets stand for, in the order of the targets; with ``merges`` a name may stand for several.
    ///
    /// - Throws: ``Failure`` with the sessions that there are, if a name or pid means none, or too many.
    package func paths(of targets: [String]) throws(Failure) -> [String] {
        // Directories are read once, and only if something has to be looked up.
        var known: Catalog?
        var paths: [String] = []
        for target in targets {
            if Catalog.isPath(target) {
                paths.append(target)
                continue
            }
            let catalog = known ?? self.catalog
            known = catalog
            let group = merges ? catalog.all(matching: target).map(\.path) : []
            let advice = ["With --merge all of them are added up."]
            paths += group.isEmpty ? [try resolve(target, in: catalog, advice: advice)] : group
        }
        return paths
    }

    /// The one file that a target stands for, also where names are merged.
    ///
    /// - Throws: as ``paths(of:)``.
    package func path(of target: String) throws(Failure) -> String {
        Catalog.isPath(target) ? target : try resolve(target, in: catalog, advice: [])
    }

    /// - Parameter advice: what to do if the target means several.
    func resolve(_ target: String, in catalog: Catalog, advice: [String]) throws(Failure) -> String {
        do {
            return try catalog.resolve(target)
        } catch {
            if case .ambiguous = error { throw .use(error.lines + advice) }
            if case .notSampled(let pid, _) = error, let reason = ownAllocator(of: pid) { throw .input(reason) }
            if case .notFound = error, let pid = UInt32(target), let reason = linkedNotSampled(pid) {
                throw .input(reason)
            }
            throw .input(error.lines)
        }
    }

    /// Why a process that has Silt linked into it has no session; nil: it has none linked in.
    func linkedNotSampled(_ pid: UInt32) -> String? {
        let processes = ProcessTable()
        guard BuildIdentity(path: "\(processes.proc)/\(pid)/exe").version != nil else { return nil }
        if processes.environment(of: pid)?["SILT_RECORD"] == "0" { return "\(CatalogError.notRecorded(pid: pid))" }
        return
            "\(pid): has Silt linked into it, but nothing was sampled yet: it has allocated less than about SILT_INTERVAL "
            + "(512k), or its session is in memory only: silt doctor \(pid) tells where it would lie"
    }

    /// That a process will never be sampled; nil: nothing says so.
    private func ownAllocator(of pid: UInt32) -> String? {
        let processes = ProcessTable()
        let functions = ExecutableReport.ownAllocator(of: "\(processes.proc)/\(pid)/exe")
        guard !functions.isEmpty else { return nil }
        return "\(pid): runs with libsilt.so, but nothing was sampled: its executable defines "
            + "\(functions.joined(separator: ", ")) itself, and its own calls never reach libsilt.so: silt doctor \(pid) tells more"
    }
}
