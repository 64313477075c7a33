// SPDX-License-Identifier: Apache-2.0
//
// To whom the function of a frame belongs: to the application, or to an allocator, a container or a runtime, which a
// report must not name as responsible. FrameRules is the only rule for that; its tables are in KnownCode.

/// To whom a function belongs.
package enum FrameOrigin: String, Hashable, Sendable, CaseIterable {
    /// It hands out memory: `malloc`, `operator new`, `swift_allocObject`, `zmalloc`, `os::malloc`.
    case allocator
    /// A general container or another part of a language's library that allocates for its caller:
    /// `std::vector<int>::push_back`, `Array.append(_:)`, `alloc::vec::Vec<T>::reserve`.
    case container
    /// What calls the application, or works beneath it: `__libc_start_main`, libdispatch, the dynamic loader.
    case runtime
    /// Everything else.
    case application
}

/// The rule by which frames are told apart.
///
/// The first that applies decides:
/// 1. the caller's own patterns, in their order, searched for in the demangled name;
/// 2. the name: functions known to allocate, a class's own `operator new`, and what starts a program or a thread;
/// 3. the name's home: C++ in `std` or `__gnu_cxx`, Swift in the standard library (an extension made elsewhere is
///    the application's), Rust in `alloc`, `core`, `std` or `hashbrown` (an implementation of another crate's trait is
///    that crate's) are containers;
/// 4. the module: an allocator's library, libc, the loader, and the libraries of a language are not the application.
///
/// A frame without a name is judged by its module alone. Whether an allocator called it, and which other functions are
/// allocators of their modules, can be seen only in stacks, so that is decided where stacks are folded.
package struct FrameRules {
    private let patterns: [(pattern: Pattern, origin: FrameOrigin)]

    /// - Parameter patterns: what the functions are that they match.
    package init(_ patterns: [(pattern: Pattern, origin: FrameOrigin)] = []) { self.patterns = patterns }

    /// Says whose function a frame is.
    ///
    /// - Parameter module: path of the object file; empty if the code belongs to none.
    /// - Complexity: O(length of the names), besides the caller's patterns.
    package func origin(of frame: Frame, module: String) -> FrameOrigin {
        let function = frame.function ?? frame.systemName ?? ""
        if !function.isEmpty {
            for (pattern, origin) in patterns where pattern.matches(function) { return origin }
            if let known = Self.byName(function) { return known }
            if isLibraryCode(function: function, systemName: frame.systemName ?? function, file: frame.file) {
                return .container
            }
        }
        let file = module.split(separator: "/").last ?? ""
        return KnownCode.modules.first { file.hasPrefix($0.prefix) }?.origin ?? .application
    }

    // MARK: Names

    private static func byName(_ function: String) -> FrameOrigin? {
        if let exact = KnownCode.functions[function] { return exact }
        if let known = KnownCode.prefixes.first(where: { function.hasPrefix($0.prefix) }) { return known.origin }
        return isOwnNew(function) ? .allocator : nil
    }

    /// Whether `::operator new` stands in a name. It is asked of each frame, so the bytes are compared.
    private static func isOwnNew(_ function: String) -> Bool {
        let wanted = "::operator new".utf8
        var rest = function.utf8[...]
        while let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
            rest = rest[colon...]
            if rest.starts(with: wanted) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
