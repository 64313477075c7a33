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
        // The last column starts where its head does; others may be empty.
        let start = lines[head].count - "name".count
        for line in lines[(head + 1)...].prefix(while: { !$0.isEmpty }) {
            let name = String(line.dropFirst(start)).replacing(" (inline)", with: "")
            names.append(name)
            flat[name] = line.split(separator: " ").first.map(String.init)
        }
    }
}
