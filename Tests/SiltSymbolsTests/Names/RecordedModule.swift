// SPDX-License-Identifier: Apache-2.0
//
// Modules as the shim would record them, for tests that have only the file.

import SiltFile

extension Module {
    /// A module as the shim would have recorded it, loaded at `bias`.
    init(path: String, buildID: [UInt8] = [], bias: UInt64 = 0x5555_0000_0000) {
        self.init(
            addresses: bias..<bias + (1 << 32), bias: bias, text: bias..<bias + (1 << 32), textFileOffset: 0,
            path: path, buildID: buildID)
    }
}
