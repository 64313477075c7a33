// SPDX-License-Identifier: Apache-2.0
//
// A snapshot of a session, running or left behind, written to a file of its own. It is made from the session's file: the
// process does nothing for it, and is not stopped.

import SiltFile
import SiltHost

extension Driver {
    /// Takes a dump of one session.
    ///
    /// - Parameter output: where to write it; nil: beside the session, or where dumps are kept if that lies in memory.
    /// - Returns: where it was written.
    /// - Throws: ``Failure`` if the target names no session, several, or a dump, or a file cannot be read or written.
    package func dump(_ target: String, to output: String? = nil) throws(Failure) -> String {
        let path = try path(of: target)
        let image: SessionImage
        do {
            image = try SessionImage(contentsOf: path)
        } catch {
            throw .input("\(error)")
        }
        guard image.header.kind == .live else { throw .use("\(path): is a dump already") }
        let process = ProcessTable().process(of: image.header, file: path)
        let place: String
        do {
            let next = try self.place(for: image, given: output)
            place = next.path
            try image.write(image.dump(sequence: next.sequence, process: process.facts), to: place)
        } catch {
            throw .input("\(error)")
        }
        for sentence in Self.remarks(on: image.header, process: process) { reporter.note(sentence) }
        return place
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
            remarks.append("the program uses signal \(signal) itself: kill -\(signal) makes no dump, this command does")
        }
        switch process {
        case .running: break
        case .ended: remarks.append("process \(header.pid) is gone: this is what it left")
        case .detached:
            remarks.append("process \(header.pid) no longer writes this file: it has called exec, or this is a copy")
        case .elsewhere:
            remarks.append("process \(header.pid) is in another pid namespace: whether it still runs is not known")
        case .otherBoot:
            remarks.append("this session is of another boot or machine: this is what process \(header.pid) left")
        }
        return remarks
    }
}
