// SPDX-License-Identifier: Apache-2.0
//
// What the verdicts of a release gate have in common, whatever was compared: when the gate opens, and the forms in which a
// verdict is written.

package import SiltProfile

/// A verdict, ready to be written.
package protocol GateReport: Sendable {
    var outcome: Verdict.Outcome { get }
    /// Whether what is undecided fails.
    var isStrict: Bool { get }

    /// - Parameter width: of the terminal, to which names are cut; nil: nothing is cut.
    func text(width: Int?) -> String
    func json() -> [UInt8]
    func junit() -> String
    var header: ReportHeader { get }
    /// Who is to blame, the worst first.
    var marks: [CodeMark] { get }
    /// The verdict in a sentence, and what else is to be said at its end.
    var closing: [String] { get }
}

extension GateReport {
    /// The name of what was profiled; several with commas.
    var program: String { Set(header.processes.map(\.name)).sorted().joined(separator: ", ") }

    /// Whether the gate opens.
    package var passes: Bool { outcome == .passed || (outcome == .undecided && !isStrict) }
}
