// SPDX-License-Identifier: Apache-2.0
//
// Snapshots of sessions, running or left behind, each written to a file of its own. They are made from the sessions' files:
// the processes do nothing for it, and are not stopped.

import SiltFile
import SiltHost
import SiltReport

/// A dump that was made.
package struct TakenDump: Sendable, Hashable {
    package var program: String
    package var pid: UInt32
    /// The session's file.
    package var session: String
    /// Where the dump is; `-`: it went to standard output.
    package var path: String

    /// One object with these keys, in this order.
    ///
    ///     format      "silt-dump"
    ///     version     1; it rises when a key changes its meaning, not when one is added
    ///     dumps       [{program, pid, session, file}]
    ///     notes       []
    package static func json(_ dumps: [TakenDump]) -> [UInt8] {
        JsonWriter.document("silt-dump", notes: []) { json in
            json.field("dumps") {
                $0.array(dumps) { json, dump in
                    json.object {
                        $0.field("program", dump.program)
                        $0.field("pid", Int(dump.pid))
                        $0.field("session", dump.session)
                        $0.field("file", dump.path)
                    }
                }
            }
        }
    }
}

extension Driver {
    /// Takes a dump of each session that a target stands for.
    ///
    /// If only some of them can be dumped, the reporter is told of the others.
    ///
    /// - Parameters:
    ///   - output: where to write it; nil: beside the session, or where dumps are kept if that lies in memory.
    ///   - looksAtMemory: whether it keeps where resident memory is and what each block has of it.
    /// - Throws: ``Failure`` if there is no session, or an output is named and there are several, or none can be dumped.
    package func dumps(
        _ target: String, to output: String? = nil, looksAtMemory: Bool = true
    ) throws(Failure) -> [TakenDump] {
        let paths = Catalog.isPath(target) ? [target] : catalog.all(matching: target).map(\.path)
        guard output == nil, paths.count > 1 else {
            return [try dump(target, to: output, looksAtMemory: looksAtMemory)]
        }
        var dumps: [TakenDump] = []
        var failures: [Failure] = []
        for path in paths {
            do throws(Failure) {
                dumps.append(try dump(path, looksAtMemory: looksAtMemory))
            } catch {
                failures.append(error)
            }
        }
        if dumps.isEmpty, let failure = failures.first { throw failure }
        for line in failures.flatMap(\.lines) { reporter.note(line) }
        return dumps
    }

    /// Takes a dump of one session.
    ///
    /// - Parameters:
    ///   - output: where to write it; nil: beside the session, or where dumps are kept if that lies in memory.
    ///   - looksAtMemory: whether it keeps where resident memory is and what each block has of it.
    /// - Throws: ``Failure`` if the target names no session, several, or a dump, or a file cannot be read or written.
    package func dump(
        _ target: String, to output: String? = nil, looksAtMemory: Bool = true
    ) throws(Failure) -> TakenDump {
        let path = try path(of: target)
        var image: SessionImage
        do {
            image = try SessionImage(contentsOf: path)
        } catch {
            throw .input("\(error)")
        }
        guard image.header.kind == .live else { throw .use("\(path): is a dump already; copy it instead") }
        if let output, let own = try? FileStatus(ofPath: path, followingLinks: true),
            let other = try? FileStatus(ofPath: output, followingLinks: true), own.isSameFile(as: other)
        {
            throw .use("\(output): is the session itself; name another file with -o")
        }
        let process = ProcessTable().process(of: image.header, file: path)
        let place: String
        do {
            let next = try self.place(for: image, given: output)
            place = next.path
            // Before the memory is looked at, which may take seconds.
            let dump = image.dump(sequence: next.sequence, process: process.facts)
            if looksAtMemory, let facts = process.facts, let remark = keepMemory(of: facts, in: &image) {
                reporter.note(remark)
            }
            try image.write(dump, to: place)
        } catch {
            throw .input("\(error)")
        }
        for sentence in Self.remarks(on: image.header, process: process) { reporter.note(sentence) }
        return TakenDump(program: image.header.comm, pid: image.header.pid, session: path, path: place)
    }

    private func place(
        for image: SessionImage, given output: String?
    ) throws(FileError) -> (path: String, sequence: UInt32) {
        guard let output else { return try image.nextDump(in: directory) }
        // Whether a dump could lie at its usual place does not matter then.
        return (output, (try? image.nextDump(in: directory))?.sequence ?? 1)
    }

    /// What a person may expect otherwise: that the signal makes dumps, and that the process is still there.
    static func remarks(on header: Header, process: SessionProcess) -> [String] {
        var remarks: [String] = []
        let isTheProgramsOwn = !header.flags.isDisjoint(with: [.signalTaken, .signalForeign])
        if let signal = header.signal, isTheProgramsOwn || process.facts?.catches(signal) == false {
            remarks.append(
                "the program handles signal \(signal) itself, so that kill -\(signal) makes no dump; silt dump does")
        }
        switch process {
        case .running: break
        case .ended: remarks.append("process \(header.pid) has ended; the dump shows what it held at its end")
        case .detached:
            remarks.append("process \(header.pid) no longer writes this file: it has called exec, or this is a copy")
        case .elsewhere:
            remarks.append("process \(header.pid) is in another pid namespace: whether it still runs is not known")
        case .otherBoot:
            remarks.append(
                "process \(header.pid) ran before this boot or on another machine; the dump shows what it held at its end"
            )
        }
        return remarks
    }
}
