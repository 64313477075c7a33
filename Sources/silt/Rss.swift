// SPDX-License-Identifier: Apache-2.0
//
// `silt rss`: where resident memory is, so that what the heap does not explain has a name as well.

import ArgumentParser
import SiltFile
import SiltHost
import SiltProfile
import SiltReport

struct Rss: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Where resident memory is: heap, allocator, stacks, files.",
        discussion: "Of a running process from /proc/PID/smaps; of a dump as far as it recorded it.")

    @OptionGroup var place: CatalogOptions

    @Argument(help: "A pid, a program's name, a session file or a dump.")
    var target: String

    func run() throws {
        let snapshot = try Snapshot(path: try place.paths(of: [target])[0])
        let header = snapshot.session.header
        print(
            ResidentReport(title: "\(header.comm) (pid \(header.pid))", memory: try memory(of: snapshot)).text(),
            terminator: "")
    }

    private func memory(of snapshot: Snapshot) throws(Failure) -> ResidentMemory {
        let session = snapshot.session
        if snapshot.process != nil {
            guard let mappings = ProcessTable().mappings(of: session.header.pid) else {
                throw .input(
                    "/proc/\(session.header.pid)/smaps cannot be read: run silt as the process's user, or as root")
            }
            return ResidentMemory(session, mappings: mappings)
        }
        guard let memory = ResidentMemory(dump: session) else {
            throw .input("\(session.path): does not say how much memory was resident; name a dump or a running process")
        }
        return memory
    }
}
