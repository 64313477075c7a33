// SPDX-License-Identifier: Apache-2.0
//
// In which parts resident memory grew between two looks, and by whose blocks what is pinned did. The parts add up to the
// whole; a part that only one of the looks tells apart is added to what it was told apart from.

/// What became of the parts of resident memory.
package enum PartGrowth: Hashable, Sendable {
    case known(Parts)
    /// This snapshot does not say where resident memory is.
    case unknown(path: String)

    package struct Parts: Hashable, Sendable {
        /// Bytes; negative: less.
        package var growth: [ResidentMemory.Part: Double]
        /// Whose blocks pin more than before, and how much more by the samples; nil: nobody's, or not known.
        package var pinner: Pinner?
    }

    package struct Pinner: Hashable, Sendable {
        package var name: String
        package var growth: Double
        /// Others that may pin more than that one, as far as the samples tell; the likeliest first.
        package var rivals: [String]

        package init(name: String, growth: Double, rivals: [String] = []) {
            self.name = name
            self.growth = growth
            self.rivals = rivals
        }
    }
}

extension PartGrowth.Pinner {
    /// The function whose blocks pin most more than before, and those that it cannot be told from: their difference is less
    /// than its own error at 95 %. A sample that both moments have counts twice in the error, which is then too large.
    ///
    /// - Parameters:
    ///   - before: pinned bytes by the name of the function.
    ///   - after: the same of the later moment.
    /// - Returns: nil if nobody's pin more.
    package init?(from before: [String: Estimate], to after: [String: Estimate]) {
        let growths = after.map { name, now in (name: name, growth: now - (before[name] ?? .zero)) }
            .filter { $0.growth.value > 0 }
            .sorted { ($1.growth.value, $0.name) < ($0.growth.value, $1.name) }
        guard let most = growths.first else { return nil }
        let rivals = growths.dropFirst().prefix { other in
            let difference = most.growth - other.growth
            return difference.value < 1.96 * difference.variance.squareRoot()
        }
        self.init(name: most.name, growth: most.growth.value, rivals: rivals.map { $0.name })
    }
}

extension PartGrowth.Parts {
    /// - Parameters:
    ///   - before: of all processes of the first look; not empty.
    ///   - after: of all of the second.
    package init(from before: [ResidentMemory], to after: [ResidentMemory]) {
        let isWalked = (before + after).allSatisfy { $0.heaps != nil }
        growth = [:]
        for (memory, sign) in before.map({ ($0, -1.0) }) + after.map({ ($0, 1.0) }) {
            for (part, bytes) in memory.parts {
                growth[isWalked ? part : part.withoutWalk, default: 0] += sign * Double(bytes)
            }
        }
    }

    /// Bytes in all.
    package var total: Double { growth.values.reduce(0, +) }
}

extension ResidentMemory.Part {
    /// What it is counted as where heaps are not walked.
    fileprivate var withoutWalk: Self {
        switch self {
        case .returnable, .pinned: .allocator
        default: self
        }
    }
}
