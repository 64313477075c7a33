// SPDX-License-Identifier: Apache-2.0
//
// The table that gives each distinct value a number, from 0 in order of appearance. Numbers never change, so that they
// may stand in other tables.

/// Distinct values by number: `["main", "serve", "main"]` are the numbers 0, 1, 0.
package struct Interner<Value: Hashable> {
    /// By number.
    package private(set) var values: [Value] = []
    private var numbers: [Value: Int] = [:]

    package init() {}

    package var count: Int { values.count }

    /// Makes room for so many values.
    package mutating func reserve(_ count: Int) {
        values.reserveCapacity(count)
        numbers.reserveCapacity(count)
    }

    /// The number of a value; one that is new gets ``count`` as it was before.
    package mutating func index(of value: Value) -> Int {
        if let number = numbers[value] { return number }
        numbers[value] = values.count
        values.append(value)
        return values.count - 1
    }
}

extension Interner: Sendable where Value: Sendable {}
