// SPDX-License-Identifier: Apache-2.0
//
// The one entrance for a command line or a server: a question in the words of a person goes in, a report comes out.
// It parses no options, prints nothing and never ends the process.

package import SiltFile
import SiltHost
package import SiltSymbols

/// What all questions have in common: where sessions are, where names come from, how processes are added up.
package struct Driver: Sendable {
    /// Where sessions are looked for, and dumps of those in memory are put; nil: where they are unless somebody says
    /// otherwise.
    package var directory: String?
    package var symbols: Symbolizer.Options
    /// A program's name stands for all its sessions: they are added up. Else several are ambiguous.
    package var merges: Bool
    /// Processes that are added up stay apart in the profile.
    package var keepsProcessesApart: Bool
    package var reporter: Reporter

    package init(
        directory: String? = nil, symbols: Symbolizer.Options = Symbolizer.Options(), merges: Bool = false,
        keepsProcessesApart: Bool = false, reporter: Reporter = .silent
    ) {
        self.directory = directory
        self.symbols = symbols
        self.merges = merges
        self.keepsProcessesApart = keepsProcessesApart
        self.reporter = reporter
    }

    /// The sessions that there are now.
    package var catalog: Catalog { directory.map { Catalog(directory: $0) } ?? Catalog() }

    /// One for all snapshots that go into a report, so that each module's symbols are read once.
    func symbolizer(for snapshots: [Input]) -> Symbolizer {
        symbolizer(for: snapshots.compactMap(\.sessions).flatMap { $0 })
    }

    func symbolizer(for sessions: [Session]) -> Symbolizer {
        let processes = ProcessTable()
        let live = sessions.filter { $0.header.kind == .live }
        return symbolizer(
            for: sessions.flatMap(\.modules), roots: live.compactMap { processes.root(of: $0.header, file: $0.path) })
    }

    /// - Parameter roots: what the processes of these modules take for `/`, if they are in containers.
    func symbolizer(for modules: [Module], roots: [String] = []) -> Symbolizer {
        var options = symbols
        options.roots = Set(roots).sorted()
        return Symbolizer(
            options: options, expectedModules: Set(modules.map(\.path)).count, progress: reporter.symbols)
    }
}
