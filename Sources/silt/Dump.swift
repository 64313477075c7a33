// SPDX-License-Identifier: Apache-2.0
//
// `silt dump`: a snapshot of a session, running or left behind, read from its file. The process notices nothing.

import ArgumentParser
import SiltFile
import SiltHost

struct Dump: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a snapshot of a session; the process is not disturbed.",
        discussion: "Prints the path of the dump. kill -USR2 PID makes the process write one itself.")

    @OptionGroup var place: CatalogOptions

    @Option(name: .shortAndLong, help: "Where to write it (default: beside the session).")
    var output: String?

    @Argument(help: "A pid, a program's name or a session file.")
    var target: String

    func run() throws {
        let path = try place.paths(of: [target])[0]
        do {
            let image = try SessionImage(contentsOf: path)
            guard image.header.kind == .live else { throw Failure.use("\(path): is a dump already") }
            let facts = ProcessTable().facts(of: image.header.pid)
            let process = facts.flatMap { $0.startTicks == image.header.pidStartTicks ? $0 : nil }
            let next = image.nextDump
            try image.write(image.dump(sequence: next.sequence, process: process), to: output ?? next.path)
            print(output ?? next.path)
            warn(of: image.header, process: process)
        } catch let error as FileError {
            throw Failure.input("\(error)")
        }
    }

    private func warn(of header: Header, process: ProcessFacts?) {
        if let signal = header.signal, header.flags.contains(.signalTaken) || process?.catches(signal) == false {
            printError(
                "silt: the program has taken signal \(signal) over: kill -\(signal) makes no dump, this command does")
        }
        if process == nil {
            printError("silt: process \(header.pid) is gone: this is what it left")
        }
    }
}
