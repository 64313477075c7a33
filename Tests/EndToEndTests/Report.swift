// SPDX-License-Identifier: Apache-2.0
//
// The lines of a report of `silt top`, as a reader sees them.

struct Report {
    /// The column `flat` by function, as printed.
    private(set) var flat: [String: String] = [:]
    /// Functions in the order of the report.
    private(set) var names: [String] = []

    init(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let head = lines.firstIndex(where: { $0.hasSuffix("  name") }) else { return }
        let columns = lines[head].split(separator: " ").count
        for line in lines[(head + 1)...].prefix(while: { !$0.isEmpty }) {
            let words = line.split(separator: " ", maxSplits: columns - 1, omittingEmptySubsequences: true)
            guard words.count == columns else { continue }
            let name = String(words[columns - 1].drop { $0 == " " }).replacing(" (inline)", with: "")
            names.append(name)
            flat[name] = String(words[0])
        }
    }
}
