// SPDX-License-Identifier: Apache-2.0
//
// The merchants, loaded at the start and kept: the service's honest, constant memory.

final class Merchant: Sendable {
    let title: String
    let contract: [UInt8]

    init(title: String, contract: [UInt8]) {
        self.title = title
        self.contract = contract
    }
}

final class MerchantDirectory: Sendable {
    private let merchants: [String: Merchant]

    @inline(never)
    init(count: Int) {
        var merchants: [String: Merchant] = [:]
        for number in 0..<count {
            let contract = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 480)
            merchants["m\(number)"] = Merchant(title: "Merchant number \(number) Limited", contract: contract)
        }
        self.merchants = merchants
    }

    func find(_ name: String) -> Merchant? {
        merchants[name]
    }
}
