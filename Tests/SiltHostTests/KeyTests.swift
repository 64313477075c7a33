// SPDX-License-Identifier: Apache-2.0
//
// Keys as terminals send them.

import Testing

@testable import SiltHost

@Suite struct KeyTests {
    @Test(
        arguments: [
            ("a", .character("a"), 1), ("ab", .character("a"), 1), ("\r", .enter, 1), ("\t", .tab, 1),
            ("\u{7F}", .backspace, 1),
            ("\u{03}", .interrupt, 1), ("\u{1A}", .suspend, 1), ("\u{1B}[A", .up, 3), ("\u{1B}OBx", .down, 3),
            ("\u{1B}[5~", .pageUp, 4), ("\u{1B}[H", .home, 3), ("\u{1B}x", .escape, 1), ("é", .character("é"), 2),
            ("\u{1B}[1;5Cx", .character("\u{FFFD}"), 6), ("\u{01}", .character("\u{FFFD}"), 1),
        ] as [(String, Key, Int)])
    func sequencesAreKeys(text: String, key: Key, length: Int) throws {
        let found = try #require(Key.first(in: Array(text.utf8)))
        #expect(found.key == key && found.length == length)
    }

    /// More may follow.
    @Test(arguments: ["", "\u{1B}", "\u{1B}[", "\u{1B}[5"]) func whatIsNotWholeIsNoKeyYet(text: String) {
        #expect(Key.first(in: Array(text.utf8)) == nil)
    }

    @Test func everyStartIsAKeyOrWaitsForMore() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                guard let key = Key.first(in: [first, second, 0x41, 0x41]) else { continue }
                #expect((1...4).contains(key.length))
            }
        }
    }
}
