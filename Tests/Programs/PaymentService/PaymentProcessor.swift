// SPDX-License-Identifier: Apache-2.0
//
// Charges a payment: looks the merchant up, makes a token, talks to the bank, notes the receipt, tells the merchant.

import Synchronization

final class PaymentProcessor: Sendable {
    private let merchants = MerchantDirectory(count: 10_000)
    private let receipts = Mutex(ReceiptLog(capacity: 500))
    private let tokens: TokenCache
    private let connections: ConnectionRegistry
    private let webhooks: WebhookRetry

    init(leak: Leak) {
        tokens = TokenCache(capacity: leak == .tokens ? .max : 500)
        connections = ConnectionRegistry(reusing: leak != .connections)
        webhooks = WebhookRetry(partnerAnswers: leak != .webhooks)
    }

    /// Charges the card and answers with a receipt; nil if nobody knows the merchant.
    @inline(never)
    func charge(_ payment: Payment) -> String? {
        guard let merchant = merchants.find(payment.merchant) else { return nil }
        let token = tokens.insert(payment)
        let authorization = connections.open().authorize(token: token, cents: payment.cents)
        let receipt = """
            {"token":"\(token)","merchant":"\(merchant.title)","cents":\(payment.cents),\
            "authorization":\(authorization)}
            """
        receipts.withLock { $0.append(receipt) }
        webhooks.schedule(merchant: merchant.title)
        return receipt
    }

    struct Stats {
        var tokens: Int
        var tokenBytes: Int
        var pools: Int
        var retries: Int
    }

    func stats() -> Stats {
        Stats(
            tokens: tokens.count, tokenBytes: tokens.bytes, pools: connections.count, retries: webhooks.count)
    }
}
