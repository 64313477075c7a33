// SPDX-License-Identifier: Apache-2.0
//
// A heap profile in text form as a profile: figures unsampled by the writer's own law, addresses named by the files that
// were mapped, or by the names that Go writes. It never opens a file: names come from a source that does.

package import SiltProfile
package import SiltSymbols

/// Whether a file's content begins as a heap profile in text form does: that of jemalloc, gperftools or Go.
package func looksLikeLegacyHeap(_ bytes: [UInt8]) -> Bool {
    LegacyHeader.isLikely(Gzip.isGzip(bytes) ? Gzip.peek(bytes, count: 16) : bytes)
}

extension Profile {
    /// Reads a heap profile in text form, gzipped or bare: jemalloc's `heap_v2/524288`, gperftools' `heap profile:`, Go's
    /// of `debug=1`.
    ///
    /// The kinds are those of Go's heap profiles; without what was allocated where the file does not hold it. What the
    /// first line counts and no stack holds, since gperftools writes no more than a megabyte of stacks, is a sample
    /// without a stack.
    ///
    /// - Parameters:
    ///   - symbols: names the addresses of the files that were mapped.
    ///   - memoryLimit: bytes that the profile may take; a quarter of it for the unpacked file.
    /// - Throws: ``LegacyError`` with the line. A file is taken for whole only if its stacks hold what its first lines
    ///   say, or a list of mapped files ends it.
    /// - Complexity: linear in the size of the content, besides what `symbols` takes.
    package init(
        legacyHeap bytes: [UInt8], symbols: any FrameSource, memoryLimit: Int = 1 << 30
    ) throws(LegacyError) {
        let content = try legacyContent(bytes, limit: memoryLimit / 4)
        var reader = try LegacyReader(content, memoryLimit: memoryLimit)
        try reader.read()
        self = try LegacyProfileBuilder(reader).profile(symbols: symbols)
    }
}

private func legacyContent(_ bytes: [UInt8], limit: Int) throws(LegacyError) -> [UInt8] {
    guard Gzip.isGzip(bytes) else {
        if bytes.count > limit { throw LegacyError(.tooLarge(limit: limit), line: 1) }
        return bytes
    }
    do {
        return try Gzip.unpack(bytes, limit: limit)
    } catch {
        switch error {
        case .damaged: throw LegacyError(.badGzip, line: 1)
        case .truncated: throw LegacyError(.truncated, line: 1)
        case .tooLarge(let limit): throw LegacyError(.tooLarge(limit: limit), line: 1)
        }
    }
}
