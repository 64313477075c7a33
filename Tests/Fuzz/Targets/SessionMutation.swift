// SPDX-License-Identifier: Apache-2.0
//
// Changes fields of a session file as an enemy would who knows the format: values near the ends of their range, and
// references to what is elsewhere in the file. The seed alone decides what it does.

import SiltHost
import TestSupport

package struct SessionMutation {
    package enum Kind: Sendable {
        /// By libFuzzer, and checks do not hold.
        case plain
        /// By libFuzzer, and checks are repaired.
        case repaired
        /// By fields, and checks are repaired.
        case fields
    }

    package let kind: Kind
    private var random: SplitMix

    package init(seed: UInt32) {
        random = SplitMix(seed: UInt64(seed))
        switch random.next() % 8 {
        case 0: kind = .plain
        case 1...3: kind = .repaired
        default: kind = .fields
        }
    }

    /// Changes one to four fields, and sometimes what is asked.
    package mutating func changeFields(of input: inout [UInt8]) {
        guard var choice = input.first else { return }
        var file = Array(input.dropFirst())
        guard let layout = SessionLayout(file) else { return }
        if random.next() % 4 == 0 { choice = UInt8(truncatingIfNeeded: random.next()) }
        for _ in 0...(random.next() % 4) {
            let width = [1, 2, 4, 4, 8, 8, 8, 8][Int(random.next() % 8)]
            let place = place(in: layout, width: width)
            let value = value(from: file, at: place)
            switch width {
            case 1: file.replace(UInt8(truncatingIfNeeded: value), at: place)
            case 2: file.replace(UInt16(truncatingIfNeeded: value), at: place)
            case 4: file.replace(UInt32(truncatingIfNeeded: value), at: place)
            default: file.replace(value, at: place)
            }
        }
        input = [choice] + file
    }

    /// Mostly in a record, else in the header, and seldom in a descriptor, since a file with a wrong one is refused.
    private mutating func place(in layout: SessionLayout, width: Int) -> Int {
        let regions = layout.regions.filter { $0.count > 0 }
        let steps: Int
        var start = 0
        switch random.next() % 16 {
        case 0:
            start = layout.descriptors.lowerBound
            steps = layout.descriptors.count / width
        case 1...4: steps = layout.descriptors.lowerBound / width
        default:
            guard let region = regions.randomElement(using: &random) else { return 0 }
            start = region.start + Int.random(in: 0..<region.count, using: &random) * region.elementSize
            steps = max(1, region.elementSize / width)
        }
        return start + Int.random(in: 0..<steps, using: &random) * width
    }

    private mutating func value(from file: [UInt8], at place: Int) -> UInt64 {
        let old = file.load(UInt64.self, at: place) ?? 0
        switch random.next() % 6 {
        case 0: return random.next() % 256
        case 1: return old &+ random.next() % 17 &- 8
        case 2: return (1 << (random.next() % 64)) &- random.next() % 3
        case 3: return 0 &- random.next() % 3
        case 4: return random.next()
        default: return file.load(UInt64.self, at: Int(random.next() % UInt64(file.count)) & ~7) ?? 0
        }
    }
}

extension [UInt8] {
    /// What would pass the end is left out.
    fileprivate mutating func replace(_ value: some BitwiseCopyable, at place: Int) {
        guard place + MemoryLayout.size(ofValue: value) <= count else { return }
        store(value, at: place)
    }
}
