// SPDX-License-Identifier: Apache-2.0
//
// Tokens that stand for cards. With a capacity of Int.max it is the first leak: nothing is ever evicted.

import Synchronization

final class Token: Sendable {
    static let vaultSize = 768

    let id: String
    let vault: [UInt8]

    init(id: String, vault: [UInt8]) {
        self.id = id
        self.vault = vault
    }
}

final class TokenCache: Sendable {
    private struct State {
        var tokens: [String: Token] = [:]
        /// Ids in order of insertion; the capacity bounds it, so it stays empty without one.
        var order: [String] = []
        var oldest = 0
        var inserted = 0
    }

    private let state = Mutex(State())
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Makes a token for a payment's card and remembers it; evicts the oldest one beyond the capacity.
    @inline(never)
    func insert(_ payment: Payment) -> String {
        let card = [UInt8](payment.card.utf8)
        let vault = [UInt8](unsafeUninitializedCapacity: Token.vaultSize) { buffer, count in
            for index in 0..<Token.vaultSize {
                let mask = UInt8(truncatingIfNeeded: index)
                buffer.initializeElement(at: index, to: card.isEmpty ? mask : card[index % card.count] ^ mask)
            }
            count = Token.vaultSize
        }
        return state.withLock { state in
            state.inserted += 1
            let id = "tok_\(payment.merchant)_\(payment.cents)_\(state.inserted)"
            state.tokens[id] = Token(id: id, vault: vault)
            guard capacity != .max else { return id }
            if state.order.count < capacity {
                state.order.append(id)
            } else {
                state.tokens[state.order[state.oldest]] = nil
                state.order[state.oldest] = id
                state.oldest = (state.oldest + 1) % capacity
            }
            return id
        }
    }

    var count: Int {
        state.withLock { $0.tokens.count }
    }

    /// Bytes in the vaults of the tokens.
    var bytes: Int {
        count * Token.vaultSize
    }
}
