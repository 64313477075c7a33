// SPDX-License-Identifier: Apache-2.0
//
// Whose function a frame is: the application's, or that of an allocator, a container or a runtime, of which nobody
// wants to read on the first line. The rule is written down at FrameRules; the tables are data, and nothing else
// in Silt decides this.

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
/// A frame without a name is judged by its module alone; that an allocator called it is for whoever sees the stack.
package struct FrameRules {
    /// A pattern that is no regular expression.
    package struct InvalidPattern: Error, Hashable {
        package var pattern: String
    }

    private var patterns: [(regex: Regex<AnyRegexOutput>, origin: FrameOrigin)] = []

    /// - Parameter patterns: regular expressions in Swift's syntax, and what the functions they match are.
    /// - Throws: ``InvalidPattern`` with the first pattern that cannot be read.
    package init(_ patterns: [(pattern: String, origin: FrameOrigin)] = []) throws(InvalidPattern) {
        for (pattern, origin) in patterns {
            guard let regex = try? Regex(pattern) else { throw InvalidPattern(pattern: pattern) }
            self.patterns.append((regex, origin))
        }
    }

    /// Says whose function a frame is.
    ///
    /// - Parameter module: path of the object file; empty if the code belongs to none.
    /// - Complexity: O(length of the names), besides the caller's patterns.
    package func origin(of frame: Frame, module: String) -> FrameOrigin {
        let function = frame.function ?? frame.systemName ?? ""
        if !function.isEmpty {
            for (regex, origin) in patterns where function.contains(regex) { return origin }
            if let known = Self.byName(function) { return known }
            if isLibraryCode(function: function, systemName: frame.systemName ?? function) { return .container }
        }
        let file = module.split(separator: "/").last ?? ""
        return Self.modules.first { file.hasPrefix($0.prefix) }?.origin ?? .application
    }

    // MARK: Names

    private static func byName(_ function: String) -> FrameOrigin? {
        if let exact = functions[function] { return exact }
        if let known = prefixes.first(where: { function.hasPrefix($0.prefix) }) { return known.origin }
        return function.contains("::operator new") ? .allocator : nil
    }

    private static let functions: [String: FrameOrigin] = {
        var table: [String: FrameOrigin] = [:]
        for name in allocators { table[name] = .allocator }
        for name in starters { table[name] = .runtime }
        return table
    }()

    private static let allocators = [
        // C
        "malloc", "calloc", "realloc", "reallocarray", "free", "cfree", "posix_memalign", "aligned_alloc", "memalign",
        "valloc", "pvalloc", "free_sized", "free_aligned_sized", "strdup", "strndup", "wcsdup", "asprintf", "vasprintf",
        "mallocx", "rallocx", "xallocx", "dallocx", "sdallocx", "xmalloc", "xcalloc", "xrealloc", "xstrdup",
        // Rust
        "__rust_alloc", "__rust_alloc_zeroed", "__rust_realloc", "__rust_dealloc", "__rdl_alloc", "__rdl_alloc_zeroed",
        "__rdl_realloc", "__rdl_dealloc", "__rg_alloc", "__rg_alloc_zeroed", "__rg_realloc", "__rg_dealloc",
        // redis, postgres
        "zfree", "zstrdup", "palloc", "palloc0", "palloc_extended", "repalloc", "pstrdup", "pnstrdup", "guc_malloc",
        "guc_strdup",
    ]

    private static let starters = [
        "_start", "start_thread", "clone", "clone3", "__clone", "__clone3", "call_init", "_init", "_fini",
        "rust_begin_unwind", "rust_eh_personality", "__rust_try",
    ]

    /// The longer ones first where one is the start of another.
    private static let prefixes: [(prefix: String, origin: FrameOrigin)] = [
        ("operator new", .allocator), ("operator delete", .allocator),
        ("__libc_malloc", .allocator), ("__libc_calloc", .allocator), ("__libc_realloc", .allocator),
        ("__libc_memalign", .allocator), ("_int_malloc", .allocator), ("_int_realloc", .allocator),
        ("swift_alloc", .allocator), ("swift_slowAlloc", .allocator), ("swift_slowDealloc", .allocator),
        ("swift_bufferAllocate", .allocator), ("swift::swift_slowAlloc", .allocator), ("_swift_alloc", .allocator),
        ("swift_task_alloc", .allocator),
        ("je_", .allocator), ("_rjem_", .allocator), ("jemalloc_", .allocator), ("tc_", .allocator),
        ("tcmalloc::", .allocator), ("mi_", .allocator), ("_mi_", .allocator),
        ("alloc::alloc::", .allocator), ("<alloc::alloc::Global", .allocator), ("__rustc::__r", .allocator),
        ("g_malloc", .allocator), ("g_realloc", .allocator), ("g_try_malloc", .allocator), ("g_slice_", .allocator),
        ("g_strdup", .allocator), ("g_memdup", .allocator), ("g_aligned_alloc", .allocator),
        ("g_array_", .container), ("g_ptr_array_", .container), ("g_byte_array_", .container),
        ("g_hash_table_", .container), ("g_string_", .container), ("g_list_", .container), ("g_slist_", .container),
        ("zmalloc", .allocator), ("zcalloc", .allocator), ("zrealloc", .allocator), ("ztrymalloc", .allocator),
        ("ztrycalloc", .allocator), ("ztryrealloc", .allocator),
        ("sdsnew", .container), ("_sdsnew", .container), ("sdscat", .container), ("sdsdup", .container),
        ("sdsMakeRoomFor", .container), ("_sdsMakeRoomFor", .container), ("sdsgrowzero", .container),
        ("PyMem_", .allocator), ("_PyMem_", .allocator), ("PyObject_Malloc", .allocator),
        ("PyObject_Calloc", .allocator), ("PyObject_Realloc", .allocator), ("_PyObject_Malloc", .allocator),
        ("_PyObject_Calloc", .allocator), ("_PyObject_Realloc", .allocator), ("pymalloc_alloc", .allocator),
        ("_PyObject_New", .allocator), ("_PyObject_GC_", .allocator), ("PyType_GenericAlloc", .allocator),
        ("MemoryContextAlloc", .allocator), ("AllocSetAlloc", .allocator), ("AllocSetRealloc", .allocator),
        ("AllocSetContextCreate", .allocator), ("GenerationAlloc", .allocator), ("GenerationContextCreate", .allocator),
        ("SlabAlloc", .allocator), ("SlabContextCreate", .allocator),
        ("ngx_alloc", .allocator), ("ngx_calloc", .allocator), ("ngx_palloc", .allocator), ("ngx_pcalloc", .allocator),
        ("ngx_pnalloc", .allocator), ("ngx_pmemalign", .allocator), ("ngx_memalign", .allocator),
        ("ngx_create_pool", .allocator), ("ngx_array_", .container), ("ngx_list_", .container),
        ("CRYPTO_malloc", .allocator), ("CRYPTO_zalloc", .allocator), ("CRYPTO_realloc", .allocator),
        ("CRYPTO_strdup", .allocator), ("CRYPTO_strndup", .allocator), ("CRYPTO_memdup", .allocator),
        ("OPENSSL_LH_", .container), ("OPENSSL_sk_", .container), ("BUF_MEM_grow", .container),
        ("sqlite3_malloc", .allocator), ("sqlite3_realloc", .allocator), ("sqlite3Malloc", .allocator),
        ("sqlite3Realloc", .allocator), ("sqlite3DbMalloc", .allocator), ("sqlite3DbRealloc", .allocator),
        ("sqlite3MemMalloc", .allocator), ("sqlite3MemRealloc", .allocator),
        // OpenJDK, V8, node
        ("os::malloc(", .allocator), ("os::realloc(", .allocator), ("os::strdup(", .allocator),
        ("AllocateHeap(", .allocator), ("ReallocateHeap(", .allocator), ("resource_allocate_bytes(", .allocator),
        ("ChunkPool::allocate(", .allocator), ("Arena::Arena(", .allocator), ("Arena::grow(", .allocator),
        ("Arena::Amalloc", .allocator), ("Arena::Arealloc(", .allocator),
        ("v8::internal::Malloced::", .allocator), ("v8::internal::AllocWithRetry(", .allocator),
        ("v8::internal::AlignedAlloc", .allocator), ("v8::internal::AccountingAllocator::", .allocator),
        ("v8::internal::Zone::", .allocator), ("v8::internal::Heap::AllocateExternalBackingStore(", .allocator),
        ("v8::internal::BackingStore::Allocate(", .allocator), ("node::NodeArrayBufferAllocator::", .allocator),
        ("__libc_start_", .runtime), ("_dl_", .runtime), ("__cxa_", .runtime), ("_Unwind_", .runtime),
        ("swift_", .runtime), ("_swift_", .runtime), ("swift::", .runtime), ("dispatch_", .runtime),
        ("_dispatch_", .runtime), ("std::rt::", .runtime), ("std::sys::", .runtime), ("std::panic", .runtime),
    ]

    // MARK: Modules

    private static let modules: [(prefix: String, origin: FrameOrigin)] = [
        ("libsilt.so", .allocator), ("libjemalloc.", .allocator), ("libtcmalloc", .allocator),
        ("libmimalloc", .allocator), ("libsnmalloc", .allocator), ("librpmalloc", .allocator),
        ("libtbbmalloc", .allocator), ("libhoard.", .allocator),
        ("libc.so", .runtime), ("libc-", .runtime), ("ld-linux", .runtime), ("ld-2", .runtime), ("ld-musl", .runtime),
        ("libpthread", .runtime), ("libm.so", .runtime), ("libdl.so", .runtime), ("librt.so", .runtime),
        ("libgcc_s", .runtime), ("libunwind", .runtime), ("linux-vdso", .runtime), ("[vdso]", .runtime),
        ("libstdc++", .runtime), ("libc++", .runtime), ("libswift", .runtime), ("libdispatch", .runtime),
        ("libBlocksRuntime", .runtime), ("libFoundation", .runtime), ("lib_Foundation", .runtime),
        ("lib_InternationalizationStubs", .runtime), ("libstd-", .runtime),
    ]
}

/// Whether a function is part of a language's own library, wherever the compiler put its code.
private func isLibraryCode(function: String, systemName: String) -> Bool {
    if systemName.hasPrefix("$s") || systemName.hasPrefix("_$s") { return isSwiftLibrary(systemName) }
    if isRust(systemName) { return isRustLibrary(function) }
    if systemName.hasPrefix("_Z") {
        // `St` is std; `Sa`, `Ss` and others are its allocator, string and streams.
        let scope = systemName.dropFirst(systemName.hasPrefix("_ZNK") ? 4 : systemName.hasPrefix("_ZN") ? 3 : 2)
        return ["St", "Sa", "Sb", "Ss", "Si", "So", "Sd", "9__gnu_cxx"].contains { scope.hasPrefix($0) }
    }
    return function.hasPrefix("std::") || function.hasPrefix("__gnu_cxx::")
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
