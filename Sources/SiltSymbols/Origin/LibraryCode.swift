// SPDX-License-Identifier: Apache-2.0
//
// Whether a function belongs to the library of its language, by its name: templates and generics of a library are
// compiled into the program, so the object file tells nothing. An application's own extension of a library's type is
// the application's.

/// Whether a function is part of a language's own library, whichever object file holds its code.
///
/// - Parameter file: the source file; of templates that the compiler inlined for a lambda the name has lost its scope
///   (`thread<main()::<lambda()> >`), and the file alone tells.
func isLibraryCode(function: String, systemName: String, file: String?) -> Bool {
    if systemName.hasPrefix("$s") || systemName.hasPrefix("_$s") { return isSwiftLibrary(systemName) }
    if isRust(systemName) { return isRustLibrary(function) }
    if systemName.hasPrefix("_Z") {
        // `St` is std; `Sa`, `Ss` and others are its allocator, string and streams.
        let scope = systemName.dropFirst(systemName.hasPrefix("_ZNK") ? 4 : systemName.hasPrefix("_ZN") ? 3 : 2)
        return ["St", "Sa", "Sb", "Ss", "Si", "So", "Sd", "9__gnu_cxx"].contains { scope.hasPrefix($0) }
    }
    return function.hasPrefix("std::") || function.hasPrefix("__gnu_cxx::") || file?.contains("/include/c++/") == true
}

/// Legacy names end with a hash, v0 names begin with `_R`.
private func isRust(_ systemName: String) -> Bool {
    if systemName.hasPrefix("_R") { return true }
    guard systemName.hasPrefix("_ZN") else { return false }
    return withoutCloneSuffix(systemName).utf8.dropLast(17).suffix(3).elementsEqual("17h".utf8)
}

/// Whether a demangled Rust name is of the crates that come with the language.
///
/// `<Type>::f` and `<Type as Trait>::f` are if both are, for an application can implement its trait for their types
/// and their traits for its own. Types of no crate, such as `[u8]`, and parameters, such as `T`, do not count.
private func isRustLibrary(_ function: String) -> Bool {
    // A name that could not be read is nobody's.
    guard function.contains("::") else { return false }
    let crates = [crate(of: function[...]), crate(of: trait(in: function))]
    return crates.allSatisfy { $0 == nil || $0 == "alloc" || $0 == "core" || $0 == "std" || $0 == "hashbrown" }
}

/// `alloc` of `&mut [alloc::string::String]`; nil for a type of no crate.
private func crate(of path: Substring) -> Substring? {
    var path = path.drop { "<&*[(".contains($0) }
    while let word = ["mut ", "const ", "dyn "].first(where: { path.hasPrefix($0) }) {
        path = path.dropFirst(word.count).drop { "<&*[(".contains($0) }
    }
    let head = path.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    return path.dropFirst(head.count).hasPrefix("::") ? head : nil
}

/// `Trait>::f` of `<Type as Trait>::f`; else empty. The type may have arguments, and an arrow.
private func trait(in function: String) -> Substring {
    guard function.hasPrefix("<") else { return "" }
    var depth = 0
    var previous: Character = " "
    for place in function.indices {
        switch function[place] {
        case "<": depth += 1
        case ">" where previous != "-": depth -= 1
        case " " where depth == 1 && function[place...].hasPrefix(" as "): return function[place...].dropFirst(4)
        default: break
        }
        if depth == 0 { return "" }
        previous = function[place]
    }
    return ""
}

/// Whether a mangled Swift name is a declaration of the standard library, and not an extension from another module.
///
/// The context comes first: `s` for the module Swift with the type's name and kind, or `S` and a letter for one of
/// its common types. A module's name and `E` behind that say in whose extension the declaration is.
private func isSwiftLibrary(_ systemName: String) -> Bool {
    var rest = Array(systemName.utf8.drop { $0 == UInt8(ascii: "_") }.dropFirst(2))[...]
    func takeIdentifier() -> Bool {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard digits.first != UInt8(ascii: "0"), let length = Int(String(decoding: digits, as: UTF8.self)),
            length < rest.count - digits.count
        else { return false }
        rest = rest.dropFirst(digits.count + length)
        return true
    }
    switch rest.first {
    case UInt8(ascii: "s"):
        rest = rest.dropFirst()
        // A function of the module itself has no kind of type behind its name.
        guard takeIdentifier(), let kind = rest.first, "VCOPa".utf8.contains(kind) else { return true }
        rest = rest.dropFirst()
    case UInt8(ascii: "S"):
        // `So` and `SC` are what was imported from C; `Sc` and a letter is a type of the module _Concurrency.
        let letter = rest.dropFirst().first
        if letter == UInt8(ascii: "o") || letter == UInt8(ascii: "C") { return false }
        rest = rest.dropFirst(letter == UInt8(ascii: "c") ? 3 : 2)
    default:
        return false
    }
    guard takeIdentifier() else { return true }
    // Constraints may stand before the `E`; they end with `l`. Kind `F` would end a function's own name.
    let constraints = rest.prefix { $0 != UInt8(ascii: "E") }
    let isExtension = constraints.isEmpty || constraints.last == UInt8(ascii: "l")
    return !isExtension || constraints.contains(UInt8(ascii: "F")) || constraints.count == rest.count
}
