// SPDX-License-Identifier: Apache-2.0
//
// What is kept of one module's names: the answers that were given, and of which files they were read. As bytes it has a
// checksum; nobody is believed all the same: what does not read as a whole page is no page. It opens no file.

import SiltFile
import SiltHost

/// The names of a module's addresses, as they were read from files that are told here.
struct NamePage: Equatable {
    /// A file that was looked at, as it was then.
    struct FileMark: Hashable {
        var path: String
        /// Nil: it could not be looked at.
        var state: State?

        struct State: Hashable {
            var device: UInt64
            var inode: UInt64
            var size: UInt64
            var modified: UInt64
            var changed: UInt64
        }

        /// A file as it is now.
        init(of path: String) {
            self.path = path
            state = (try? FileStatus(ofPath: path, followingLinks: true)).map {
                State(device: $0.device, inode: $0.inode, size: $0.size, modified: $0.modified, changed: $0.changed)
            }
        }

        fileprivate init(path: String, state: State?) {
            self.path = path
            self.state = state
        }
    }

    /// What was asked, in words: the module, where files were looked for, and by which program.
    var question: String
    /// Each file that could have changed the answers, also those that were not there.
    var files: [FileMark] = []
    /// Whether some addresses have no names since there is neither a symbol table nor debug information.
    var isStripped = false
    /// By address in the file.
    var frames: [UInt64: [Frame]] = [:]

    /// Whether each file is as it was.
    var isCurrent: Bool { files.allSatisfy { $0 == FileMark(of: $0.path) } }
}

// MARK: Bytes

extension NamePage {
    private static let magic: UInt64 = 0x31_45_4d_41_4e_54_4c_53
    private static let noString = UInt32.max

    /// The page as a file: magic, checksum of the rest, the rest.
    var bytes: [UInt8] {
        var strings = Writer.Strings()
        var body = Writer()
        body.put(strings.number(of: question))
        body.put(UInt32(isStripped ? 1 : 0))
        body.put(UInt32(clamping: files.count))
        for file in files {
            body.put(strings.number(of: file.path))
            body.put(UInt32(file.state == nil ? 0 : 1))
            guard let state = file.state else { continue }
            for word in [state.device, state.inode, state.size, state.modified, state.changed] { body.put(word) }
        }
        body.put(UInt32(clamping: frames.count))
        for (address, chain) in frames.sorted(by: { $0.key < $1.key }) {
            body.put(address)
            body.put(UInt32(clamping: chain.count))
            for frame in chain {
                body.put(frame.function.map { strings.number(of: $0) } ?? Self.noString)
                body.put(frame.systemName.map { strings.number(of: $0) } ?? Self.noString)
                body.put(frame.file.map { strings.number(of: $0) } ?? Self.noString)
                body.put(UInt32(clamping: frame.line))
                body.put(UInt32(clamping: frame.startLine))
                body.put(UInt32(frame.isInlined ? 1 : 0))
            }
        }
        var content = Writer()
        content.put(UInt32(clamping: strings.list.count))
        for text in strings.list {
            content.put(UInt32(clamping: text.utf8.count))
            content.bytes += text.utf8
        }
        content.bytes += body.bytes
        var file = Writer()
        file.put(Self.magic)
        file.put(contentChecksum(content.bytes))
        return file.bytes + content.bytes
    }

    /// - Returns: nil if the bytes are not exactly those of a page.
    init?(bytes: [UInt8]) {
        var reader = Reader(bytes: bytes)
        do {
            guard try reader.word() == Self.magic, try reader.word() == contentChecksum(Array(bytes[16...])) else {
                return nil
            }
            var strings: [String] = []
            for _ in 0..<(try reader.count(ofAtLeast: 4)) {
                let length = try reader.count(ofAtLeast: 1)
                guard let text = String(validating: try reader.take(length), as: UTF8.self) else { return nil }
                strings.append(text)
            }
            func string(_ number: UInt32) throws(Reader.Short) -> String {
                guard strings.indices.contains(Int(number)) else { throw Reader.Short() }
                return strings[Int(number)]
            }
            func optional(_ number: UInt32) throws(Reader.Short) -> String? {
                number == Self.noString ? nil : try string(number)
            }
            question = try string(try reader.half())
            isStripped = try reader.half() != 0
            for _ in 0..<(try reader.count(ofAtLeast: 8)) {
                let path = try string(try reader.half())
                guard try reader.half() != 0 else {
                    files.append(FileMark(path: path, state: nil))
                    continue
                }
                let state = FileMark.State(
                    device: try reader.word(), inode: try reader.word(), size: try reader.word(),
                    modified: try reader.word(), changed: try reader.word())
                files.append(FileMark(path: path, state: state))
            }
            let count = try reader.count(ofAtLeast: 12)
            frames.reserveCapacity(count)
            for _ in 0..<count {
                let address = try reader.word()
                var chain: [Frame] = []
                for _ in 0..<(try reader.count(ofAtLeast: 24)) {
                    chain.append(
                        Frame(
                            function: try optional(try reader.half()), systemName: try optional(try reader.half()),
                            file: try optional(try reader.half()), line: Int(try reader.half()),
                            startLine: Int(try reader.half()), isInlined: try reader.half() != 0))
                }
                frames[address] = chain
            }
        } catch {
            return nil
        }
        guard reader.isAtEnd else { return nil }
    }

    private struct Writer {
        /// Each string once.
        struct Strings {
            private(set) var list: [String] = []
            private var numbers: [String: UInt32] = [:]

            mutating func number(of text: String) -> UInt32 {
                if let known = numbers[text] { return known }
                let number = UInt32(clamping: list.count)
                numbers[text] = number
                list.append(text)
                return number
            }
        }

        var bytes: [UInt8] = []

        mutating func put<Number: FixedWidthInteger>(_ number: Number) {
            for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> Number(shift)))
            }
        }
    }

    private struct Reader {
        struct Short: Error {}

        let bytes: [UInt8]
        private var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { position == bytes.count }

        mutating func word() throws(Short) -> UInt64 { try load(UInt64.self) }

        mutating func half() throws(Short) -> UInt32 { try load(UInt32.self) }

        /// A count of things that have so many bytes each at least, and are all there: so nothing can be made to take more
        /// memory than the file has.
        mutating func count(ofAtLeast size: Int) throws(Short) -> Int {
            let count = Int(try half())
            guard count <= (bytes.count - position) / size else { throw Short() }
            return count
        }

        mutating func take(_ count: Int) throws(Short) -> ArraySlice<UInt8> {
            guard count <= bytes.count - position else { throw Short() }
            defer { position += count }
            return bytes[position..<position + count]
        }

        private mutating func load<Number: FixedWidthInteger & BitwiseCopyable>(
            _ type: Number.Type
        ) throws(Short) -> Number {
            guard let number = bytes.load(type, at: position) else { throw Short() }
            position += MemoryLayout<Number>.size
            return Number(littleEndian: number)
        }
    }
}
