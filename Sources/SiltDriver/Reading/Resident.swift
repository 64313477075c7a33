// SPDX-License-Identifier: Apache-2.0
//
// Where the resident memory of one process is: of a running one by a look at its memory, of a dump as far as it recorded
// it; and who holds its pages.

import SiltAllocator
import SiltFile
import SiltHost
package import SiltProfile
package import SiltReport
package import SiltSymbols

extension ResidentReport {
    /// Of a running process by a look at its memory; of a dump as far as that keeps it.
    ///
    /// - Throws: ``Failure`` if its smaps cannot be read, or nothing was recorded of what was resident.
    package init(of snapshot: Snapshot, symbols: any FrameSource) throws(Failure) {
        let session = snapshot.session
        let memory: ResidentMemory
        let pages: KnownPages?
        if let process = snapshot.process {
            let look = try ResidentLook(of: session, pid: process.pid)
            var found = ResidentMemory(session, look: look)
            let own = ExecutableReport.ownAllocator(of: "/proc/\(process.pid)/exe")
            if !own.isEmpty { found.notes.append(.ownAllocator(own)) }
            (memory, pages) = (found, KnownPages(look, of: session))
        } else if let kept = ResidentMemory(figuresOf: session) {
            (memory, pages) = (kept, KnownPages(session))
        } else if let known = ResidentMemory(dump: session) {
            (memory, pages) = (known, nil)
        } else {
            throw .input("\(session.path): has no figure of resident memory; name a dump or a running process")
        }
        let title = "\(session.header.comm) (pid \(session.header.pid))"
        // Of a dump it is not kept which mapping has how much.
        let mapped = memory.mapped.isEmpty ? nil : Profile.mapped(session, in: memory, symbols: symbols)
        guard let pages, memory.heaps != nil else {
            self.init(title: title, memory: memory, mapped: mapped)
            return
        }
        let profile = Profile.pages(session, pages, symbols: symbols)
        let folded = try FrameChoice().apply(to: profile, by: [profile])
        self.init(
            title: title, memory: memory, pinned: folded, interval: folded.intervals(kind: .pinnedSpace), mapped: mapped
        )
    }
}

extension ResidentLook {
    /// At a process by what its session knows of it: the one way to look, so that two looks tell the same parts apart.
    ///
    /// - Parameters:
    ///   - pid: as this host counts, which the session of a process in a container does not.
    ///   - copies: whether forked children are looked at.
    /// - Throws: ``Failure`` if its smaps cannot be read.
    init(of session: Session, pid: UInt32, copies: Bool = false) throws(Failure) {
        guard
            let look = ResidentLook(
                of: pid, blocks: session.live.map { KnownBlock(address: $0.address, size: $0.size, time: $0.time) },
                ranges: session.orderedMappings.map(\.addresses), copies: copies)
        else {
            throw .input("/proc/\(pid)/smaps cannot be read: run silt as the process's user, or as root")
        }
        self = look
    }
}

extension Driver {
    /// - Throws: ``Failure`` if the target names no session or several, its file or smaps cannot be read, or nothing
    ///   was recorded of what was resident.
    package func resident(_ target: String) throws(Failure) -> ResidentReport {
        let snapshot = try Snapshot(path: try path(of: target))
        return try ResidentReport(of: snapshot, symbols: symbolizer(for: [snapshot.session]))
    }

    /// The figure of pages that is called so; nil: none is.
    static func kindOfPages(_ name: String?) -> Profile.Kind? { Profile.Kind.pages.first { $0.name == name } }

    /// Who holds the pages of a process: of one that runs by a look at it, of a dump that keeps what a look found.
    ///
    /// - Parameters:
    ///   - input: what was read of a target, which is named so in errors.
    ///   - kind: of figures that are wanted.
    ///   - copies: whether ``SiltProfile/Profile/Kind/unsharedSpace`` has what forked children of a running process have copied.
    /// - Throws: ``Failure`` if that is not one session, its process cannot be read, its dump does not keep pages, or nobody
    ///   could tell figures of this kind.
    func pages(
        of input: Input, named target: String, kind: Profile.Kind, copies: Bool = true, symbols: Symbolizer
    ) throws(Failure) -> Profile {
        guard let sessions = input.sessions else {
            throw .use("figures of pages are in session files and dumps, not in pprof files")
        }
        guard sessions.count == 1, let session = sessions.first else {
            throw .use("pages are looked at in one process at a time: name one")
        }
        let known: KnownPages
        var note: Note? = .ownPagesOnly
        if let process = session.process {
            let look = try ResidentLook(of: session, pid: process.pid, copies: copies && kind == .unsharedSpace)
            if let copies = look.copies { note = Note(onCopies: copies) }
            guard !look.blocks.isEmpty || session.live.isEmpty else {
                throw .input("the memory of process \(process.pid) cannot be read: run silt as its user, or as root")
            }
            known = KnownPages(look, of: session)
        } else {
            guard let kept = KnownPages(session) else {
                throw .use(
                    "\(target): does not keep the pages of its blocks: silt dump of a running process does, dumps that "
                        + "a process writes itself and what one leaves behind do not")
            }
            known = kept
        }
        if !known.kinds.contains(kind), let note = known.note {
            throw .input("\(target): \(kind.name) is not known: \(note.sentence)")
        }
        var profile = Profile.pages(session, known, symbols: symbols)
        if kind == .unsharedSpace, let note { profile.notes.append(note) }
        return profile
    }

    /// What of a running process's own mappings is resident.
    ///
    /// - Throws: ``Failure`` if the target names no session or several, its process does not run or cannot be read, or the
    ///   session does not record mappings.
    package func mappedResident(_ targets: [String]) throws(Failure) -> Profile {
        guard targets.count == 1 else { throw .use("pages are looked at in one process at a time: name one") }
        let snapshot = try Snapshot(path: try path(of: targets[0]))
        let session = snapshot.session
        guard let process = snapshot.process else {
            throw .use("\(targets[0]): its process does not run, so nothing is resident: see mapped_space")
        }
        guard session.mappings != nil else {
            throw .input("\(session.path): does not record mappings; it was written by an earlier libsilt.so")
        }
        let memory = ResidentMemory(session, look: try ResidentLook(of: session, pid: process.pid))
        return Profile.mapped(session, in: memory, symbols: symbolizer(for: [session]))
    }

    /// Has a dump keep what is found in the memory of its process, which is looked at for it.
    ///
    /// - Returns: why it keeps less than all, in words; nil: it keeps all.
    func keepMemory(of process: ProcessFacts, in image: inout SessionImage) -> String? {
        let session = Session(image)
        guard let look = try? ResidentLook(of: session, pid: process.pid) else {
            return "/proc/\(process.pid)/smaps cannot be read, and the dump does not say where memory is: run silt "
                + "as the process's user, or as root"
        }
        let memory = ResidentMemory(session, look: look)
        image.keep([UInt64: LivePages](look, of: session), memory.figures)
        guard case .failure(let reason) = look.heaps else { return nil }
        return "process \(process.pid): \(Note.heapsNotWalked(reason).sentence)"
    }
}
