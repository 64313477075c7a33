// SPDX-License-Identifier: Apache-2.0
//
// /proc/PID/maps and smaps as values: which addresses a process has mapped, and how much of each is resident. It does
// not decide what a mapping is for.

/// One mapping of a process.
package struct MemoryMapping: Sendable, Hashable {
    package var addresses: Range<UInt64>
    /// A file's path, or a name such as `[heap]`; empty: anonymous memory.
    package var path: String
    /// Writes are seen by other processes that map the same.
    package var isShared: Bool
    package var isWritable: Bool
    package var isExecutable: Bool
    /// Where in the file it begins.
    package var fileOffset: UInt64
    /// Of that file; 0 if there is none.
    package var inode: UInt64
    /// Resident bytes; 0 if read by ``ProcessTable/layout(of:)``, as the two below.
    package var resident: UInt64
    /// The same with each page divided by the number of processes that have it.
    package var proportional: UInt64 = 0
    package var swapped: UInt64 = 0
    /// Kept in memory by mlock.
    package var locked: UInt64 = 0

    package init(
        addresses: Range<UInt64>, path: String, isShared: Bool, isWritable: Bool, isExecutable: Bool = false,
        fileOffset: UInt64 = 0, inode: UInt64 = 0, resident: UInt64
    ) {
        self.addresses = addresses
        self.path = path
        self.isShared = isShared
        self.isWritable = isWritable
        self.isExecutable = isExecutable
        self.fileOffset = fileOffset
        self.inode = inode
        self.resident = resident
    }
}

extension [MemoryMapping] {
    /// The mapping that covers an address; nil: none does.
    ///
    /// - Precondition: the mappings are in order of their addresses.
    /// - Complexity: O(log n).
    package func mapping(at address: UInt64) -> MemoryMapping? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].addresses.upperBound <= address { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low].addresses.contains(address) ? self[low] : nil
    }
}

extension ProcessTable {
    /// The mappings of a process by address, without what is resident; nil if it is gone or another user's, so that it
    /// cannot be read.
    package func layout(of pid: UInt32) -> [MemoryMapping]? {
        guard let bytes = try? contentsOfFile("\(proc)/\(pid)/maps", limit: 1 << 30), !bytes.isEmpty else {
            return nil
        }
        return mappings(in: bytes)
    }

    /// The file of a library that a process has mapped, as it is seen from here; nil: it has none, or cannot be asked. The
    /// file may have been replaced since.
    package func library(_ name: String, mappedBy pid: UInt32) -> String? {
        let mapping = layout(of: pid)?.first { $0.path.hasSuffix("/" + name) }
        return mapping.map { "\(proc)/\(pid)/root\($0.path)" }
    }

    /// The mappings of a process by address, with what is resident; nil if it is gone or another user's, so that it
    /// cannot be read.
    ///
    /// - Complexity: the kernel walks the page tables of the whole process, a second for some tens of GiB.
    package func mappings(of pid: UInt32) -> [MemoryMapping]? {
        guard let bytes = try? contentsOfFile("\(proc)/\(pid)/smaps", limit: 1 << 30), !bytes.isEmpty else {
            return nil
        }
        return mappings(in: bytes)
    }

    /// Bytes of the page tables of a process; nil: not known.
    package func pageTables(of pid: UInt32) -> UInt64? {
        text("\(proc)/\(pid)/status").flatMap { $0.lines.value("VmPTE:") }.flatMap { UInt64($0) }.map { $0 &* 1024 }
    }

    /// Whether a process has a file mapped; nil: not known.
    ///
    /// Inode or path must agree. The device is not compared: on an overlay the one in /proc is not that of the file.
    package func maps(_ pid: UInt32, path: String, inode: UInt64) -> Bool? {
        guard let maps = try? contentsOfFile("\(proc)/\(pid)/maps", limit: 1 << 30), !maps.isEmpty else { return nil }
        let (path, inode) = (pathBytes(path), Array(String(inode).utf8))
        return maps.split(separator: UInt8(ascii: "\n")).contains { line in
            // Anonymous mappings, of which thousands of threads have one each, are passed over at once: such a line
            // ends with a space.
            guard line.last != UInt8(ascii: " ") else { return false }
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            guard fields.count == 6 else { return false }
            return fields[4].elementsEqual(inode) || fields[5].drop { $0 == UInt8(ascii: " ") }.elementsEqual(path)
        }
    }

    /// Reads maps or smaps. In smaps, lines of `name: number kB` follow the line of each mapping.
    private func mappings(in bytes: [UInt8]) -> [MemoryMapping] {
        let figures: [([UInt8], WritableKeyPath<MemoryMapping, UInt64>)] = [
            (Array("Rss:".utf8), \.resident), (Array("Pss:".utf8), \.proportional), (Array("Swap:".utf8), \.swapped),
            (Array("Locked:".utf8), \.locked),
        ]
        var result: [MemoryMapping] = []
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            // A mapping's line begins with an address, all others with a capital letter.
            if bytes[start] < UInt8(ascii: "A") || bytes[start] > UInt8(ascii: "Z") {
                if let mapping = mapping(in: bytes[start..<end]) { result.append(mapping) }
            } else if !result.isEmpty, let figure = figures.first(where: { bytes[start..<end].starts(with: $0.0) }) {
                let digits = bytes[start..<end].filter { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
                result[result.count - 1][keyPath: figure.1] =
                    (UInt64(String(decoding: digits, as: UTF8.self)) ?? 0) &* 1024
            }
            start = end + 1
        }
        return result
    }

    /// `from-to perms offset device inode   path`; the path may hold spaces.
    private func mapping(in line: ArraySlice<UInt8>) -> MemoryMapping? {
        let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
        guard fields.count >= 5, fields[1].count == 4 else { return nil }
        let ends = fields[0].split(separator: UInt8(ascii: "-")).compactMap {
            UInt64(String(decoding: $0, as: UTF8.self), radix: 16)
        }
        guard ends.count == 2, ends[0] < ends[1],
            let offset = UInt64(String(decoding: fields[2], as: UTF8.self), radix: 16)
        else { return nil }
        let permissions = Array(fields[1])
        let path = fields.count > 5 ? fields[5].drop { $0 == UInt8(ascii: " ") } : []
        return MemoryMapping(
            addresses: ends[0]..<ends[1], path: pathText(path),
            isShared: permissions[3] == UInt8(ascii: "s"), isWritable: permissions[1] == UInt8(ascii: "w"),
            isExecutable: permissions[2] == UInt8(ascii: "x"), fileOffset: offset,
            inode: UInt64(String(decoding: fields[4], as: UTF8.self)) ?? 0, resident: 0)
    }
}
