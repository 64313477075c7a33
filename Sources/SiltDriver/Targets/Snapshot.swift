// SPDX-License-Identifier: Apache-2.0
//
// A session together with what the kernel says of its process at the moment of reading. The process is not disturbed;
// where the process is gone, or its pid is that of a later one, there is none.

package import SiltFile
package import SiltHost

/// A session, and its process if that runs and can be seen from here.
package struct Snapshot: Sendable {
    package var session: Session
    package var process: ProcessFacts?

    /// Reads a session file or a dump; that of a running process shows this moment, not that of its last event, and the
    /// numbers of process and threads are those that count here.
    ///
    /// - Parameters:
    ///   - limit: the most bytes of records that are read.
    ///   - mostFrames: as of a session.
    ///   - processes: those of this host, perhaps at the moment of a look at many.
    /// - Throws: ``Failure`` if the file cannot be read.
    package init(
        path: String, limit: UInt64 = SessionImage.limit, mostFrames: Int = Session.maximumFrames,
        processes: ProcessTable = ProcessTable()
    ) throws(Failure) {
        do {
            let image = try SessionImage(contentsOf: path, limit: limit)
            guard image.header.kind == .live else {
                // Nothing else may hold what is alive, which would be copied.
                session = Session(consume image, mostFrames: mostFrames)
                return
            }
            session = Session(image, mostFrames: mostFrames)
            process = processes.process(of: image.header, file: path).facts
            guard let process else { return }
            session.header.dump = image.dump(sequence: image.header.dumps, process: process)
            if process.pid != session.header.pid { session.renumber(as: process.pid) }
        } catch {
            throw .input("\(error)")
        }
    }
}

extension Session {
    /// Takes the numbers of the process and its threads that count here, for it knows them by those of its container.
    fileprivate mutating func renumber(as pid: UInt32) {
        let threads = ProcessTable().threadsByOwnNumber(of: pid)
        header.pid = pid
        for index in self.threads.indices {
            self.threads[index].thread = self.threads[index].thread.flatMap { threads[$0] }
        }
    }
}

extension Driver {
    /// The sessions that targets name; no pprof files.
    ///
    /// - Throws: ``Failure`` if a target names no file or several, or a file cannot be read.
    package func snapshots(_ targets: [String]) throws(Failure) -> [Snapshot] {
        var result: [Snapshot] = []
        for path in try paths(of: targets) { result.append(try Snapshot(path: path)) }
        return result
    }
}
