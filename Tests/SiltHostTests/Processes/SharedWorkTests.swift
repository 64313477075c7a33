// SPDX-License-Identifier: Apache-2.0
//
// Work that is shared out among threads is done, each piece once.

import SiltHost
import Synchronization
import Testing

@Suite struct SharedWorkTests {
    @Test(arguments: [0, 1, 2, 3, 100, 10_000]) func eachPieceIsDoneOnce(count: Int) {
        let done = Mutex<[Int]>([])
        let results = shareOut(count) { piece in
            done.withLock { $0.append(piece) }
            return "\(piece)"
        }
        #expect(done.withLock { $0.sorted() } == Array(0..<count))
        #expect(results == (0..<count).map { "\($0)" })
    }
}
