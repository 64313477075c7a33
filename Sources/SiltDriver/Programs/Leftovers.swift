// SPDX-License-Identifier: Apache-2.0
//
// What a program has left when it has ended, in words: where its profile is, and how to look at it. It changes no file.

import SiltFile
package import SiltHost

/// The profile that a program has left.
package struct Leftovers: Sendable {
    private let name: String
    private let pid: UInt32
    private let end: ForegroundProgram.End
    /// Its session or its last dump.
    private let path: String?
    /// Sessions of other processes that began since.
    private let others: Int

    /// - Parameters:
    ///   - start: when it was started, in nanoseconds since 1970: what processes of the same number left before is not its own.
    ///   - directory: `SILT_DIR`, if it was told to use one.
    package init(
        of program: ForegroundProgram, name: String, since start: UInt64, end: ForegroundProgram.End, directory: String?
    ) {
        let catalog = directory.map { Catalog(directory: $0) } ?? Catalog()
        let begun = (catalog.sessions + catalog.exited).filter { $0.header.startRealtime >= start }
        // The same process may have become another program: the last one.
        let own = begun.filter { $0.header.pid == program.pid }.max {
            $0.header.startRealtime < $1.header.startRealtime
        }
        self.name = String(name.split(separator: "/").last ?? "")
        self.end = end
        pid = program.pid
        path = own?.path
        others = Set(begun.map(\.header.pid)).subtracting([pid]).count
    }

    /// A sentence each.
    package var sentences: [String] {
        let ended =
            switch end {
            case .exited(status: 0): "\(name) (pid \(pid)) has ended"
            case .exited(let status): "\(name) (pid \(pid)) has ended with status \(status)"
            case .killed(let signal): "\(name) (pid \(pid)) was killed by signal \(signal)"
            case .unseen: "\(name) (pid \(pid)) has ended (how is not known)"
            }
        let profile =
            path.map { "its profile: silt top \(shellWord($0))" } ?? "it left no profile, since nothing was sampled"
        let sentence = "\(ended); \(profile)"
        guard others > 0 else { return [sentence] }
        return [sentence, "\(others == 1 ? "1 more session" : "\(others) more sessions") began meanwhile: silt list"]
    }
}
