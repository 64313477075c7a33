// SPDX-License-Identifier: Apache-2.0
//
// The latest receipts, in a ring: memory that turns over for ever and never grows.

struct ReceiptLog {
    private var receipts: [String] = []
    private var oldest = 0
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
    }

    @inline(never)
    mutating func append(_ receipt: String) {
        if receipts.count < capacity {
            receipts.append(receipt)
        } else {
            receipts[oldest] = receipt
            oldest = (oldest + 1) % capacity
        }
    }
}
