// SPDX-License-Identifier: Apache-2.0
//
// The functions that memory was allocated in, beside their stacks. A check has limits for stacks, a diff adds up by
// function: here is what is needed to say so where the two differ.

import SiltProfile

/// What the innermost functions of a trend grew by, and where they allocate.
struct LeafFunctions {
    private var growth: [Place: Double] = [:]
    private var lines: [Place: Set<Place>] = [:]

    init(_ trend: Trend) {
        for sample in trend.profile.samples {
            guard let leaf = sample.locations.first.flatMap({ trend.profile.places(at: $0).first }) else { continue }
            growth[leaf.asFunction, default: 0] += trend.course(of: sample.values).growth.value
            lines[leaf.asFunction, default: []].insert(leaf)
        }
    }

    /// What the function of a stack that is beyond its limit grew by, if that is within the limit: then memory moved from
    /// others of its stacks. Nil otherwise.
    func movement(behind rule: CheckReport.Rule) -> Double? {
        guard rule.kind == .stack || rule.kind == .stackRate, rule.state == .exceeded,
            let leaf = rule.stacks.first?.frames.first,
            let growth = growth[leaf.asFunction], growth <= rule.limit
        else { return nil }
        return growth
    }

    /// Names the line where a function allocates at several, and of stacks that still have one name the callers that
    /// tell them apart.
    func distinguish(_ rules: inout [CheckReport.Rule]) {
        func frames(_ index: Int) -> [Place] { rules[index].stacks.first?.frames ?? [] }
        let single = rules.indices.filter { rules[$0].isOfOneStack }
        for index in single {
            guard let leaf = frames(index).first, lines[leaf.asFunction, default: []].count > 1, leaf.line > 0 else {
                continue
            }
            rules[index].name += " \(leaf.file):\(leaf.line)"
        }
        for (_, alike) in Dictionary(grouping: single, by: { rules[$0].name }) where alike.count > 1 {
            let shortest = alike.map { frames($0).count }.min() ?? 0
            let fork = (1..<max(shortest, 1)).first { depth in Set(alike.map { frames($0)[depth] }).count > 1 }
            guard let fork else { continue }
            for index in alike { rules[index].name += " from \(frames(index)[fork].name)" }
        }
    }
}

extension CheckReport.Rule {
    fileprivate var isOfOneStack: Bool { kind == .stack || kind == .stackRate || kind == .accepted }
}

extension Place {
    /// Without the line.
    fileprivate var asFunction: Place {
        var function = self
        function.line = 0
        return function
    }
}
