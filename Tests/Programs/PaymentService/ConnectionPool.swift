// SPDX-License-Identifier: Apache-2.0
//
// Connections to the bank. Made anew for each payment and never closed, the pools are the second leak.

import Synchronization

/// One connection: it owns the buffers it talks through.
final class Connection: Sendable {
    private let input: [UInt8]
    private let output: [UInt8]

    init(bufferSize: Int) {
        input = [UInt8](repeating: 0, count: bufferSize)
        output = [UInt8](repeating: 0xff, count: bufferSize)
    }

    func authorize(token: String, cents: Int) -> Int {
        token.utf8.reduce(cents &* 31) { ($0 &* 33) ^ Int($1) } & 0xff_ffff
    }
}

final class ConnectionPool: Sendable {
    private let connections: [Connection]

    @inline(never)
    init(size: Int) {
        connections = (0..<size).map { _ in Connection(bufferSize: 192) }
    }

    @inline(never)
    func authorize(token: String, cents: Int) -> Int {
        connections[cents % connections.count].authorize(token: token, cents: cents)
    }
}

/// Keeps every pool that is open.
final class ConnectionRegistry: Sendable {
    private let pools = Mutex<[ConnectionPool]>([])
    private let reusing: Bool

    init(reusing: Bool) {
        self.reusing = reusing
    }

    /// The shared pool; or, with the leak, one more.
    @inline(never)
    func open() -> ConnectionPool {
        pools.withLock { pools in
            if reusing, let shared = pools.first { return shared }
            let pool = ConnectionPool(size: 2)
            pools.append(pool)
            return pool
        }
    }

    var count: Int {
        pools.withLock { $0.count }
    }
}
