// SPDX-License-Identifier: Apache-2.0
//
// Bytes that can be read at any offset: a file, the memory of a process that has it mapped, or what stands for one. It turns the system's errors into
// FileError and knows nothing of what the bytes mean.

import SiltHost

struct ByteSource: ~Copyable {
    private enum Storage: ~Copyable {
        case file(Descriptor)
        case memory((_ offset: UInt64, _ count: Int) -> [UInt8])
    }

    private let storage: Storage
    /// Where its first byte is, of a file.
    private let start: UInt64
    private let path: String
    /// Bytes in all; of a file, when it was opened.
    let size: UInt64

    init(bytes: [UInt8], path: String) {
        self.init(size: UInt64(bytes.count), path: path) { offset, count in
            Array(bytes.dropFirst(Int(clamping: offset)).prefix(count))
        }
    }

    /// - Parameter read: as ``read(at:count:)``.
    init(size: UInt64, path: String, read: @escaping (_ offset: UInt64, _ count: Int) -> [UInt8]) {
        storage = .memory(read)
        start = 0
        self.path = path
        self.size = size
    }

    /// - Parameter path: of a file; also of one that a process has mapped, and whose name may be gone.
    init(file path: String) throws(FileError) {
        if let file = MappedFile(path: path), !isReadableFile(path), let mapped = file.mapped {
            try self.init(memory: file.memory, at: mapped)
        } else {
            try self.init(regularFile: path)
        }
    }

    private init(memory path: String, at addresses: Range<UInt64>) throws(FileError) {
        storage = .file(try Self.asking(path) { () throws(SystemError) in try Descriptor(opening: path) })
        start = addresses.lowerBound
        self.path = path
        size = addresses.upperBound - addresses.lowerBound
    }

    private init(regularFile path: String) throws(FileError) {
        let descriptor = try Self.asking(path) { () throws(SystemError) in try Descriptor(opening: path) }
        let status = try Self.asking(path) { () throws(SystemError) in try descriptor.status() }
        switch status.kind {
        case .regular: break
        case .directory: throw .isDirectory(path: path)
        case .link, .other: throw .notRegular(path: path)
        }
        storage = .file(descriptor)
        start = 0
        self.path = path
        size = status.size
    }

    private static func asking<Answer: ~Copyable>(
        _ path: String, _ system: () throws(SystemError) -> Answer
    ) throws(FileError) -> Answer {
        do {
            return try system()
        } catch {
            throw .cannotOpen(path: path, reason: error.text)
        }
    }

    /// At most `count` bytes from `offset`; fewer only where the source ends.
    func read(at offset: UInt64, count: Int) throws(FileError) -> [UInt8] {
        switch storage {
        case .memory(let read):
            return read(offset, count)
        case .file(let descriptor):
            guard offset < size else { return [] }
            do {
                // What follows in a process's memory is not the file's.
                return try descriptor.read(at: start + offset, count: Int(min(UInt64(count), size - offset)))
            } catch {
                throw .cannotRead(path: path, offset: offset, reason: error.text)
            }
        }
    }
}
