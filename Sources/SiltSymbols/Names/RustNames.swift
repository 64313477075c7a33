// SPDX-License-Identifier: Apache-2.0
//
// Rust's v0 mangling (RFC 2603), read in one pass into the form of the source. No name is trusted: depth and length are
// bounded, and a name of which some part cannot be read (identifiers outside ASCII, constants that are no numbers) is
// nil as a whole. Hashes, names of lifetimes and the crate that instantiated a generic are left out.

/// The name in the source for a name that begins with `_R`; nil if it cannot be read.
func demangleRustV0(_ name: String) -> String? {
    guard name.hasPrefix("_R") else { return nil }
    var reader = RustNameReader(name.utf8.dropFirst(2))
    return try? reader.path(inType: false)
}

/// Reads the productions of the grammar; each method is named after the production that it reads.
private struct RustNameReader {
    struct Unreadable: Error {}

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    /// Bytes that may still be produced. Without a limit, back references could make a short name gigabytes long.
    private var budget = 1 << 18

    init(_ name: some Sequence<UInt8>) { bytes = Array(name) }

    // MARK: Productions

    /// - Parameter inType: generic arguments are written `Vec<T>` in a type, `Vec::<T>` in a function's path.
    mutating func path(inType: Bool) throws(Unreadable) -> String {
        try nested { (reader) throws(Unreadable) in
            switch try reader.next() {
            case "C":
                return try reader.identifier().name
            case "M":
                try reader.skipImplPath()
                return "<\(try reader.type())>"
            case let tag where tag == "X" || tag == "Y":
                if tag == "X" { try reader.skipImplPath() }
                return "<\(try reader.type()) as \(try reader.path(inType: true))>"
            case "N":
                let namespace = try reader.next()
                let parent = try reader.path(inType: inType)
                let (name, number) = try reader.identifier()
                if namespace.properties.isLowercase { return name.isEmpty ? parent : "\(parent)::\(name)" }
                let kind = namespace == "C" ? "closure" : namespace == "S" ? "shim" : String(namespace)
                return "\(parent)::{\(kind)\(name.isEmpty ? "" : ":" + name)#\(number)}"
            case "I":
                let generic = try reader.path(inType: inType)
                let arguments = try reader.list { (reader) throws(Unreadable) in try reader.genericArgument() }
                return "\(generic)\(inType ? "" : "::")<\(arguments.joined(separator: ", "))>"
            case "B":
                return try reader.backReference { (reader) throws(Unreadable) in try reader.path(inType: inType) }
            default:
                throw Unreadable()
            }
        }
    }

    private mutating func skipImplPath() throws(Unreadable) {
        _ = try disambiguator()
        _ = try path(inType: true)
    }

    private mutating func genericArgument() throws(Unreadable) -> String {
        if take("L") {
            _ = try number62()
            return "'_"
        }
        return take("K") ? try constant() : try type()
    }

    private mutating func type() throws(Unreadable) -> String {
        try nested { (reader) throws(Unreadable) in
            let start = reader.position
            let tag = try reader.next()
            if let basic = Self.basicTypes[tag] { return basic }
            switch tag {
            case "A": return "[\(try reader.type()); \(try reader.constant())]"
            case "S": return "[\(try reader.type())]"
            case "T":
                let members = try reader.list { (reader) throws(Unreadable) in try reader.type() }
                return "(\(members.joined(separator: ", "))\(members.count == 1 ? "," : ""))"
            case "R", "Q":
                if reader.take("L") { _ = try reader.number62() }
                return "&\(tag == "Q" ? "mut " : "")\(try reader.type())"
            case "P": return "*const \(try reader.type())"
            case "O": return "*mut \(try reader.type())"
            case "F": return try reader.functionSignature()
            case "D": return try reader.dynBounds()
            case "B": return try reader.backReference { (reader) throws(Unreadable) in try reader.type() }
            default:
                reader.position = start
                return try reader.path(inType: true)
            }
        }
    }

    private mutating func functionSignature() throws(Unreadable) -> String {
        if take("G") { _ = try number62() }
        var text = take("U") ? "unsafe " : ""
        if take("K") {
            let abi = take("C") ? "C" : String(try undisambiguatedIdentifier().map { $0 == "_" ? "-" : $0 })
            text += "extern \"\(abi)\" "
        }
        let parameters = try list { (reader) throws(Unreadable) in try reader.type() }
        let result = try type()
        return "\(text)fn(\(parameters.joined(separator: ", ")))\(result == "()" ? "" : " -> \(result)")"
    }

    private mutating func dynBounds() throws(Unreadable) -> String {
        if take("G") { _ = try number62() }
        let traits = try list { (reader) throws(Unreadable) in try reader.dynTrait() }
        guard take("L") else { throw Unreadable() }
        _ = try number62()
        return "dyn \(traits.joined(separator: " + "))"
    }

    private mutating func dynTrait() throws(Unreadable) -> String {
        var text = try path(inType: true)
        while take("p") {
            let binding = "\(try undisambiguatedIdentifier()) = \(try type())"
            text = text.hasSuffix(">") ? "\(text.dropLast()), \(binding)>" : "\(text)<\(binding)>"
        }
        return text
    }

    private mutating func constant() throws(Unreadable) -> String {
        try nested { (reader) throws(Unreadable) in
            let tag = try reader.next()
            if tag == "p" { return "_" }
            if tag == "B" { return try reader.backReference { (reader) throws(Unreadable) in try reader.constant() } }
            let isNegative = reader.take("n")
            var digits = ""
            while !reader.take("_") { digits.unicodeScalars.append(try reader.next()) }
            // Constants of more than 64 bits are shown in hexadecimal.
            guard digits.allSatisfy(\.isHexDigit) else { throw Unreadable() }
            let value = digits.isEmpty ? 0 : UInt64(digits, radix: 16)
            switch tag {
            case "b" where value == 0 || value == 1: return value == 0 ? "false" : "true"
            case "c":
                guard let scalar = value.flatMap(UInt32.init(exactly:)).flatMap(Unicode.Scalar.init) else {
                    throw Unreadable()
                }
                return "'\(scalar.escaped(asASCII: false))'"
            case _ where "ahijlmnostxy".unicodeScalars.contains(tag):
                return (isNegative ? "-" : "") + (value.map { String($0) } ?? "0x" + digits)
            default: throw Unreadable()
            }
        }
    }

    /// A name, and its number among those with the same name in the same scope.
    private mutating func identifier() throws(Unreadable) -> (name: String, number: UInt64) {
        let number = try disambiguator()
        return (try undisambiguatedIdentifier(), number)
    }

    private mutating func disambiguator() throws(Unreadable) -> UInt64 { take("s") ? try number62() &+ 1 : 0 }

    private mutating func undisambiguatedIdentifier() throws(Unreadable) -> String {
        guard !take("u") else { throw Unreadable() }
        var length = 0
        let start = position
        while position < bytes.count, let digit = Self.digit62(bytes[position]), digit < 10 {
            length = length * 10 + digit
            position += 1
            guard length <= bytes.count, length > 0 else { break }
        }
        guard position > start else { throw Unreadable() }
        _ = take("_")
        guard length <= bytes.count - position else { throw Unreadable() }
        defer { position += length }
        return String(decoding: bytes[position..<position + length], as: UTF8.self)
    }

    /// `_` is 0, `0_` is 1, `Z_` is 62. Valid numbers fit in 64 bits; a larger one wraps around.
    private mutating func number62() throws(Unreadable) -> UInt64 {
        guard !take("_") else { return 0 }
        var value: UInt64 = 0
        while !take("_") {
            guard position < bytes.count, let digit = Self.digit62(bytes[position]) else { throw Unreadable() }
            value = value &* 62 &+ UInt64(digit)
            position += 1
        }
        return value &+ 1
    }

    // MARK: Steps

    private mutating func next() throws(Unreadable) -> Unicode.Scalar {
        guard position < bytes.count else { throw Unreadable() }
        defer { position += 1 }
        return Unicode.Scalar(bytes[position])
    }

    private mutating func take(_ tag: Unicode.Scalar) -> Bool {
        guard position < bytes.count, Unicode.Scalar(bytes[position]) == tag else { return false }
        position += 1
        return true
    }

    /// Elements up to an `E`.
    private mutating func list(
        of element: (inout RustNameReader) throws(Unreadable) -> String
    ) throws(Unreadable) -> [String] {
        var elements: [String] = []
        while !take("E") { elements.append(try element(&self)) }
        return elements
    }

    /// Reads the production at an earlier position, whose number follows the `B`.
    private mutating func backReference(
        _ production: (inout RustNameReader) throws(Unreadable) -> String
    ) throws(Unreadable) -> String {
        let start = position - 1
        guard let target = Int(exactly: try number62()), target < start else { throw Unreadable() }
        let end = position
        position = target
        let text = try production(&self)
        position = end
        return text
    }

    private mutating func nested(
        _ production: (inout RustNameReader) throws(Unreadable) -> String
    ) throws(Unreadable) -> String {
        depth += 1
        guard depth < 128 else { throw Unreadable() }
        let text = try production(&self)
        depth -= 1
        budget -= text.utf8.count + 1
        guard budget > 0 else { throw Unreadable() }
        return text
    }

    private static func digit62(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte - UInt8(ascii: "A")) + 36
        default: nil
        }
    }

    private static let basicTypes: [Unicode.Scalar: String] = [
        "a": "i8", "b": "bool", "c": "char", "d": "f64", "e": "str", "f": "f32", "h": "u8", "i": "isize",
        "j": "usize", "l": "i32", "m": "u32", "n": "i128", "o": "u128", "p": "_", "s": "i16", "t": "u16", "u": "()",
        "v": "...", "x": "i64", "y": "u64", "z": "!",
    ]
}
