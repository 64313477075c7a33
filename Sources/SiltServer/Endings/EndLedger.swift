// SPDX-License-Identifier: Apache-2.0
//
// Which ends were told to the servers already: an empty file for each, so that a server that is started again tells none
// twice. Bounded by number. Its calls wait for the disk.

#if Serve
    import SiltHost

    /// A folder of marks.
    struct EndLedger: Sendable {
        let folder: String

        /// Sessions of processes that ended are removed long before there are as many.
        private static let most = 4096

        init(folder: String) {
            self.folder = folder
            makeDirectory(folder)
        }

        func has(_ key: ParcelID) -> Bool { fileExists("\(folder)/\(key)") }

        func enter(_ key: ParcelID) {
            let names = (try? namesInDirectory(folder)) ?? []
            for name in names.dropFirst(Self.most - 1) { removeFile("\(folder)/\(name)") }
            try? replaceFile("\(folder)/\(key)", with: [])
        }
    }
#endif
