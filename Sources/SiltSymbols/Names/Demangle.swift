// SPDX-License-Identifier: Apache-2.0
//
// From the linker's name to the one in the source. It never fails: a name that cannot be read stays as it is. The Swift
// runtime demangles Swift and C++; this file adds the suffixes that compilers append, and Rust's legacy mangling.

import Runtime

/// The name in the source, in a short form: `Cache.insert(_:)`, `ns::f(int)`, `alloc::vec::Vec<T>::push`.
///
/// Understands Swift, C++ and both of Rust's manglings; other names come back unchanged, and those that would become too large. Suffixes of
/// compiler-made copies (`.cold`, `.part.0`, `.isra.0`, `.llvm.123`) are dropped, so that the copies count as one.
package func demangle(_ name: String) -> String {
    let name = withoutCloneSuffix(name)
    guard name.hasPrefix("_") || name.hasPrefix("$") else { return name }
    if let rust = demangleRustV0(name) { return rust }
    guard NameGrowth.isBearable(name) else { return name }
    let demangled = SymbolicatedBacktrace.Symbol(
        imageIndex: 0, imageName: "", rawName: name, offset: 0, sourceLocation: nil
    ).name
    guard demangled.utf8.count <= NameGrowth.longest else {
        NameGrowth.waste(demangled.utf8.count)
        return name
    }
    return name.hasPrefix("_ZN") && demangled != name ? legacyRust(demangled) ?? demangled : demangled
}

/// Cuts what follows the first `.` that starts a suffix of lower-case words and numbers.
func withoutCloneSuffix(_ name: String) -> String {
    let bytes = name.utf8
    let suffixes = ["cold", "part", "isra", "constprop", "lto_priv", "llvm", "localalias", "resume", "warm", "hot"]
    var from = bytes.startIndex
    while let dot = bytes[from...].firstIndex(of: UInt8(ascii: ".")) {
        let rest = bytes[bytes.index(after: dot)...]
        let word = rest.prefix { $0 != UInt8(ascii: ".") }
        if dot != bytes.startIndex, suffixes.contains(where: { word.elementsEqual($0.utf8) }) {
            return String(name[..<dot])
        }
        from = bytes.index(after: dot)
    }
    return name
}

/// Reads Rust's legacy mangling, which looks like C++ with a hash as last component and escapes such as `$LT$`.
///
/// - Parameter name: what a C++ demangler made of it: `core::ptr::drop_in_place$LT$T$GT$::h0123456789abcdef`.
/// - Returns: nil if the hash is not there.
private func legacyRust(_ name: String) -> String? {
    let bytes = Array(name.utf8)
    let hash = bytes.suffix(19)
    guard hash.count == 19, hash.starts(with: "::h".utf8), hash.dropFirst(3).allSatisfy(isHexDigit) else { return nil }
    let escapes: [(code: String, text: String)] = [
        ("SP", "@"), ("BP", "*"), ("RF", "&"), ("LT", "<"), ("GT", ">"), ("LP", "("), ("RP", ")"), ("C", ","),
    ]
    var result: [UInt8] = []
    var rest = bytes.dropLast(19)
    // A component cannot begin with `$`: rustc puts an underscore before it, which is dropped here.
    func startsComponent() -> Bool { result.isEmpty || result.suffix(2).elementsEqual("::".utf8) }
    while let byte = rest.first {
        if byte == UInt8(ascii: "_"), startsComponent(), rest.dropFirst().first == UInt8(ascii: "$") {
            rest = rest.dropFirst()
        } else if byte == UInt8(ascii: "$"), let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "$")) {
            let code = rest[(rest.startIndex + 1)..<end]
            if let escape = escapes.first(where: { code.elementsEqual($0.code.utf8) }) {
                result += escape.text.utf8
            } else if code.first == UInt8(ascii: "u"), code.dropFirst().allSatisfy(isHexDigit),
                let text = String(validating: code.dropFirst(), as: UTF8.self),
                let scalar = UInt32(text, radix: 16).flatMap(Unicode.Scalar.init)
            {
                result += String(Character(scalar)).utf8
            } else {
                return nil
            }
            rest = rest[(end + 1)...]
        } else if byte == UInt8(ascii: "."), rest.dropFirst().first == UInt8(ascii: ".") {
            result += "::".utf8
            rest = rest.dropFirst(2)
        } else {
            result.append(byte)
            rest = rest.dropFirst()
        }
    }
    return String(decoding: result, as: UTF8.self)
}

private func isHexDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
    default: false
    }
}
