// SPDX-License-Identifier: Apache-2.0
//
// A program whose addresses have known names, for the tests of where names are read and kept.

import SiltFile
import SiltSymbols
import TestSupport

/// `shop.c` with a known build id, and what its two addresses are called.
struct Shop {
    static let id = "00112233445566778899aabbccddeeff00112233"
    static let idBytes = (0..<20).map { UInt8(($0 % 16) * 0x11) }
    static let otherID = [UInt8](repeating: 7, count: 20)

    let bench: Workbench
    let path: String
    let addresses: [UInt64]
    let answers: [[Seen]]

    init(_ options: [String] = []) throws {
        bench = try Workbench()
        let built = try bench.build(.c, with: ["cc", "-O2", "-g", "-Wl,--build-id=0x\(Self.id)"] + options)
        path = built.path
        addresses = [1, 2].map { built.addresses[$0, default: 0] }
        let byLabel = expected(.c, add: "add", refill: "refill", checkout: "checkout")
        answers = [byLabel[1, default: []], byLabel[2, default: []]]
    }

    func module(path: String? = nil, buildID: [UInt8] = idBytes) -> Module {
        Module(path: path ?? self.path, buildID: buildID)
    }

    /// Asks twice, so that warnings must not repeat.
    func ask(_ symbolizer: Symbolizer, _ module: Module) -> [[Seen]] {
        _ = symbolizer.frames(at: addresses.map { $0 + module.bias }, in: module)
        return symbolizer.frames(at: addresses.map { $0 + module.bias }, in: module).map(seen)
    }

    /// Moves the debug information to `file`, and leaves the stripped program.
    func split(to file: String) throws {
        try bench.run(["objcopy", "--only-keep-debug", path, bench.path(file)])
        try bench.run(["strip", "--strip-all", path])
    }
}
