// SPDX-License-Identifier: Apache-2.0
//
// Paths as text and back, byte for byte. The kernel's paths are bytes, Swift's strings are Unicode and repair what is
// not: a file whose name is no UTF-8 could not be opened any more. So each byte that is no part of a character becomes a
// character of its own, in a private use area, and that becomes the byte again on the way to the kernel.

/// A path, a program's name or an argument, as text that ``pathBytes(_:)`` turns into the same bytes.
package func pathText(_ bytes: some Collection<UInt8>) -> String {
    let bytes = Array(bytes)
    if let text = String(validating: bytes, as: UTF8.self), !text.hasPathBytes { return text }
    var text = String.UnicodeScalarView()
    var index = 0
    while index < bytes.count {
        let (scalar, length) = character(in: bytes, at: index)
        text.append(scalar)
        index += length
    }
    return String(text)
}

/// The bytes that a path stands for; without a terminator.
package func pathBytes(_ path: String) -> [UInt8] {
    guard path.hasPathBytes else { return Array(path.utf8) }
    return path.unicodeScalars.flatMap { scalar in scalar.pathByte.map { [$0] } ?? Array(String(scalar).utf8) }
}

/// A path as the kernel takes it: its bytes, then a zero.
package func terminatedPath(_ path: String) -> [CChar] {
    (pathBytes(path) + [0]).map { CChar(bitPattern: $0) }
}

extension Unicode.Scalar {
    private static let firstPathByte: UInt32 = 0x10fe00

    /// The byte that this character stands for in a path; nil: it stands for itself.
    package var pathByte: UInt8? {
        value >= Self.firstPathByte + 0x80 && value <= Self.firstPathByte + 0xff
            ? UInt8(truncatingIfNeeded: value) : nil
    }

    /// The character for a byte that is not ASCII.
    fileprivate init?(pathByte: UInt8) { self.init(Self.firstPathByte + UInt32(pathByte)) }
}

extension String {
    fileprivate var hasPathBytes: Bool {
        utf8.contains(0xf4) && unicodeScalars.contains { $0.pathByte != nil }
    }
}

/// The character that begins at a byte, and its length. A byte that begins none stands for itself; so do those of the
/// characters that stand for bytes, as each of them has only one meaning.
private func character(in bytes: [UInt8], at index: Int) -> (scalar: Unicode.Scalar, length: Int) {
    let first = bytes[index]
    let length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    if index + length <= bytes.count,
        let text = String(validating: bytes[index..<index + length], as: UTF8.self),
        let scalar = text.unicodeScalars.first, scalar.pathByte == nil
    {
        return (scalar, length)
    }
    return (Unicode.Scalar(pathByte: first) ?? "\u{fffd}", 1)
}
