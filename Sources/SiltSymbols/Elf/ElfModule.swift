// SPDX-License-Identifier: Apache-2.0
//
// One object file through libdwfl: its build id, its function symbols and, in DebugInfo, its DWARF. Addresses here
// are the file's own (ELF virtual addresses). Nothing is read before it is asked for. Which file to open is not decided
// here, but in ModuleFinder.
//
// Why the `unsafe` expressions are sound: every pointer that libdwfl returns lives until dwfl_end, which only deinit
// calls, and none leaves this class, for names are copied into Strings. What is handed to it is a local's address for
// the time of the call, or this object and `callbacks`, which live until dwfl_end has returned.

import CElfutils
import SiltHost

/// An open ELF file with what it takes to name its addresses.
@safe
final class ElfModule {
    /// Why a file cannot be used.
    enum OpenError: Error {
        case unreadable(SystemError)
        case notELF(reason: String)
    }

    /// A function in the symbol table. Its name points into the string table, which stays in memory until dwfl_end.
    @safe
    private struct Symbol {
        var start: UInt64
        var size: UInt64
        var isFunction: Bool
        var isLocal: Bool
        var name: UnsafePointer<CChar>
    }

    let path: String
    private let debugFiles: DebugFiles
    private let callbacks: UnsafeMutablePointer<Dwfl_Callbacks>
    private let session: DwflSession
    private let module: DwflModule
    /// The addresses with code by the program headers. Functions that the linker discarded lie outside.
    private let code: Range<UInt64>
    private lazy var symbols = readSymbols()
    private let unpackedInPart: UInt64
    private lazy var packedDebugInfo = PackedDebugInfo(of: module, from: unpackedInPart)
    private lazy var debugInfo = readDebugInfo()

    /// Opens the file at `path`.
    ///
    /// - Parameters:
    ///   - debugFiles: where its separate debug file is looked for, once there is a question.
    ///   - unpackedInPart: ``Symbolizer/Options/unpackedInPart``.
    init(path: String, debugFiles: DebugFiles, unpackedInPart: UInt64) throws(OpenError) {
        let file = try Self.openObjectFile(path)
        self.path = path
        self.debugFiles = debugFiles
        self.unpackedInPart = unpackedInPart
        unsafe callbacks = .allocate(capacity: 1)
        unsafe callbacks.initialize(
            to: Dwfl_Callbacks(
                find_elf: dwfl_build_id_find_elf, find_debuginfo: findDebugFile,
                section_address: dwfl_offline_section_address, debuginfo_path: nil))

        // A base of 0 on top of the file's own addresses makes libdwfl's addresses the file's.
        let session = unsafe dwfl_begin(callbacks)
        var module: OpaquePointer?
        if let session = unsafe session {
            unsafe dwfl_report_begin(session)
            unsafe module = dwfl_report_elf(session, "module", terminatedPath(path), file.number, 0, true)
        }
        // With a module the descriptor belongs to libdwfl, which closes it.
        if unsafe module != nil { _ = file.release() }
        guard let session = unsafe session, let module = unsafe module,
            unsafe dwfl_report_end(session, nil, nil) == 0,
            let code = unsafe Self.codeRange(DwflModule(pointer: module))
        else {
            let message = unsafe dwfl_errmsg(-1)
            let reason = unsafe message.map { unsafe String(cString: $0) } ?? "no code in it"
            unsafe dwfl_end(session)
            unsafe callbacks.deallocate()
            throw .notELF(reason: reason)
        }
        self.session = unsafe DwflSession(pointer: session)
        self.module = unsafe DwflModule(pointer: module)
        self.code = code
        var own: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        unsafe dwfl_module_info(module, &own, nil, nil, nil, nil, nil, nil)
        unsafe own?.pointee = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit {
        unsafe dwfl_end(session.pointer)
        unsafe callbacks.deallocate()
    }

    /// From the start of the first executable segment to the end of the last.
    private static func codeRange(_ module: DwflModule) -> Range<UInt64>? {
        var bias: GElf_Addr = 0
        guard let elf = unsafe dwfl_module_getelf(module.pointer, &bias) else { return nil }
        var range: Range<UInt64>?
        for segment in unsafe ElfHandle(pointer: elf).segments {
            let (end, overflow) = segment.p_vaddr.addingReportingOverflow(segment.p_memsz)
            guard segment.p_type == UInt32(PT_LOAD), segment.p_flags & UInt32(PF_X) != 0, !overflow else { continue }
            range = min(range?.lowerBound ?? .max, segment.p_vaddr)..<max(range?.upperBound ?? 0, end)
        }
        return range
    }

    /// Tells which questions will be asked, if several threads may work on them.
    ///
    /// - Parameter addresses: in ascending order.
    func expect(_ addresses: [UInt64]) {
        packedDebugInfo?.prepare(for: addresses) {
            var ignored: Dwarf_Addr = 0
            _ = unsafe dwfl_module_getdwarf(module.pointer, &ignored)
            _ = symbols
        }
    }

    /// Load address minus link address, of a process that has the code at this offset of the file mapped at `address`;
    /// nil if no code is there.
    func bias(at address: UInt64, offset: UInt64) -> UInt64? {
        var ignored: GElf_Addr = 0
        guard let elf = unsafe dwfl_module_getelf(module.pointer, &ignored) else { return nil }
        let segment = unsafe ElfHandle(pointer: elf).segments.first {
            // A mapping begins with the page that the segment begins in.
            let page = $0.p_offset & ~0xfff
            return $0.p_type == UInt32(PT_LOAD) && $0.p_flags & UInt32(PF_X) != 0 && offset >= page
                && offset - page < $0.p_filesz.addingReportingOverflow($0.p_offset - page).partialValue
        }
        return segment.map { address &- offset &- ($0.p_vaddr &- $0.p_offset) }
    }

    /// The build id; empty if the file has none.
    var buildID: [UInt8] {
        var bits: UnsafePointer<UInt8>?
        var address: GElf_Addr = 0
        let count = unsafe dwfl_module_build_id(module.pointer, &bits, &address)
        guard count > 0 else { return [] }
        return unsafe Array(UnsafeBufferPointer(start: bits, count: Int(count)))
    }

    /// The name that the file gives its separate debug file; nil: none.
    var debugLink: String? {
        var ignored: GElf_Addr = 0
        var checksum: GElf_Word = 0
        guard let elf = unsafe dwfl_module_getelf(module.pointer, &ignored),
            let name = unsafe dwelf_elf_gnu_debuglink(elf, &checksum)
        else { return nil }
        return unsafe String(cString: name)
    }

    /// Whether no part of the debug information lies in files that ``separateDebugFile`` does not tell of.
    var hasWholeDebugInfo: Bool { debugInfo?.isWhole ?? true }

    /// Where the file that the debug information shares with others (dwz) is looked for; empty if there is none.
    var sharedDebugFiles: [String] {
        guard let shared = DebugInfo.Shared(of: module) else { return [] }
        let name = shared.name.split(separator: "/").last.map(String.init) ?? ""
        let named =
            shared.name.hasPrefix("/")
            ? [shared.name] : debugFolders.flatMap { ["\($0)/\(shared.name)", "\($0)/.dwz/\(name)"] }
        return named + debugFiles.paths(buildID: shared.buildID)
            + debugFiles.folders.flatMap { ["\($0)/\(name)", "\($0)/.dwz/\(name)"] }
    }

    /// The folders in which names are relative that the debug information has: libdw asks the system where the file lies.
    private var debugFolders: [String] {
        let file = foundDebugFile ?? path
        let paths = [file] + (resolvedPath(file).map { $0 == file ? [] : [$0] } ?? [])
        return paths.map {
            $0.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        }
    }

    private func readDebugInfo() -> DebugInfo? {
        // Before libdw opens the file.
        let packed = packedDebugInfo
        let shared = sharedDebugFiles
        // libdw opens these by itself, and would wait for a pipe; .dwp by the newer of its versions.
        let further = shared + [path, foundDebugFile].compactMap { $0.map { $0 + ".dwp" } }
        guard further.allSatisfy({ !DebugFiles.blocks($0) }) else { return nil }
        return DebugInfo(module: module, code: code, packed: packed, folders: debugFolders)
    }

    /// Where the debug information was found, if that is another file.
    var separateDebugFile: String? { hasDebugInfo ? foundDebugFile : nil }

    private var foundDebugFile: String? {
        var (main, debug): (UnsafePointer<CChar>?, UnsafePointer<CChar>?) = (nil, nil)
        unsafe dwfl_module_info(module.pointer, nil, nil, nil, nil, nil, &main, &debug)
        guard let debug = unsafe debug.map({ unsafe String(cString: $0) }) else { return nil }
        return unsafe main.map { unsafe String(cString: $0) } == debug ? nil : debug
    }

    /// Whether there is debug information, in the file or in a separate one that was found.
    var hasDebugInfo: Bool { debugInfo != nil }

    /// The frames at an address, innermost first, with ``Frame/systemName`` only: the mangled name, or the plain one.
    ///
    /// - Parameter usesDebugInfo: false: the function symbol alone.
    func frames(at address: UInt64, usesDebugInfo: Bool) -> [Frame] {
        let symbol = symbols.find(address).map { unsafe Self.name($0.value.name) }
        if usesDebugInfo, let frames = debugInfo?.frames(at: address, symbol: symbol), !frames.isEmpty {
            return frames
        }
        return symbol.map { [Frame(systemName: $0)] } ?? []
    }

    /// The path of its debug file.
    fileprivate func debugFile(checksum: UInt32) -> String? {
        debugFiles.find(buildID, of: path, link: debugLink, checksum: checksum)
    }

    /// The path of the file that its debug information shares with others.
    fileprivate func sharedDebugFile() -> String? {
        guard let shared = DebugInfo.Shared(of: module) else { return nil }
        return sharedDebugFiles.first { DebugFiles.isFile($0, of: shared.buildID) }
    }

    // MARK: Symbols

    /// A symbol's name without the version that the linker appends in .symtab (`memcpy@@GLIBC_2.14`).
    private static func name(_ text: UnsafePointer<CChar>) -> String {
        let name = unsafe String(cString: text)
        guard let at = name.firstIndex(of: "@"), at != name.startIndex else { return name }
        return String(name[..<at])
    }

    /// More than any program has; a file with a hole in it may claim far more.
    private static let mostSymbols: Int32 = 1 << 24

    /// All function symbols: .symtab of the file or of its debug file, else .dynsym with .gnu_debugdata.
    private func readSymbols() -> RangeMap<Symbol> {
        let count = unsafe min(dwfl_module_getsymtab(module.pointer), Self.mostSymbols)
        var found: [Symbol] = []
        found.reserveCapacity(max(0, Int(count)))
        for index in 0..<max(0, count) {
            var info = GElf_Sym()
            var address: GElf_Addr = 0
            var section: GElf_Word = 0
            guard
                let name = unsafe dwfl_module_getsym_info(module.pointer, index, &info, &address, &section, nil, nil),
                unsafe name.pointee != 0, code.contains(address), section != SHN_UNDEF, section != SHN_ABS
            else { continue }
            let type = Int(info.st_info & 0xf)
            // Hand-written assembly often has no type.
            guard type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE else { continue }
            unsafe found.append(
                Symbol(
                    start: address, size: info.st_size, isFunction: type != STT_NOTYPE,
                    isLocal: Int(info.st_info >> 4) == STB_LOCAL, name: name))
        }
        found.sort { Self.isPlainer($0, $1) }
        return Self.map(found, end: code.upperBound)
    }

    /// Orders by address, and at one address puts first the name that a person would expect (`malloc` before
    /// `__libc_malloc`).
    private static func isPlainer(_ a: Symbol, _ b: Symbol) -> Bool {
        if a.start != b.start { return a.start < b.start }
        if a.isFunction != b.isFunction { return a.isFunction }
        if (a.size == 0) != (b.size == 0) { return a.size != 0 }
        if a.isLocal != b.isLocal { return b.isLocal }
        let (x, y) = unsafe (Plainness(of: a.name), Plainness(of: b.name))
        return x < y
    }

    /// How little a name looks like an internal one: few underscores in front, then short, then in order of its bytes.
    ///
    /// Of a long name the beginning counts: thousands of symbols may share one of megabytes.
    private struct Plainness: Comparable {
        private static let longest = 1024

        private let underscores: Int
        private let length: Int
        private let name: String

        init(of text: UnsafePointer<CChar>) {
            var length = 0
            while length < Self.longest, unsafe text[length] != 0 { length += 1 }
            name = unsafe String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
            underscores = name.utf8.prefix { $0 == UInt8(ascii: "_") }.count
            self.length = name.utf8.prefix { $0 != UInt8(ascii: "@") }.count
        }

        static func < (a: Self, b: Self) -> Bool {
            if a.underscores != b.underscores { return a.underscores < b.underscores }
            if a.length != b.length { return a.length < b.length }
            return a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
        }
    }

    /// Takes the first symbol at each address. One without a size reaches to the next address with a symbol, and
    /// counts only where no sized one does: it is a label inside a function otherwise.
    private static func map(_ sorted: [Symbol], end: UInt64) -> RangeMap<Symbol> {
        var entries: [RangeMap<Symbol>.Entry] = []
        entries.reserveCapacity(sorted.count)
        var covered: UInt64 = 0
        var index = 0
        while index < sorted.count {
            let symbol = sorted[index]
            repeat { index += 1 } while index < sorted.count && sorted[index].start == symbol.start
            let next = index < sorted.count ? sorted[index].start : end
            if symbol.size == 0 {
                guard symbol.start >= covered else { continue }
                entries.append(.init(range: symbol.start..<max(symbol.start, next), value: symbol))
            } else {
                let reach = min(symbol.start.addingReportingOverflow(symbol.size).partialValue, end)
                guard reach > symbol.start else { continue }
                entries.append(.init(range: symbol.start..<reach, value: symbol))
                covered = max(covered, reach)
            }
        }
        return RangeMap(entries)
    }
}

/// What libdwfl calls to have the debug file of an ``ElfModule`` opened; or, once it has that, the file that it shares with
/// others (dwz). Returns a file descriptor, which is libdwfl's then, or -1.
///
/// libdwfl's own searches ask servers, and wait for a pipe; see ``DebugFiles``.
private func findDebugFile(
    _ module: OpaquePointer?, _ own: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ name: UnsafePointer<CChar>?,
    _ base: Dwarf_Addr, _ path: UnsafePointer<CChar>?, _ link: UnsafePointer<CChar>?, _ checksum: GElf_Word,
    _ found: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
    guard let pointer = unsafe own?.pointee else { return -1 }
    let elf = unsafe Unmanaged<ElfModule>.fromOpaque(pointer).takeUnretainedValue()
    // With a name that is not the debug file's, and without a checksum, the shared file is asked for.
    let isShared = unsafe checksum == 0 && link.map { unsafe String(cString: $0) } != elf.debugLink
    guard let path = isShared ? elf.sharedDebugFile() : elf.debugFile(checksum: checksum),
        let file = try? ElfModule.openObjectFile(path)
    else { return -1 }
    // libdwfl frees it.
    unsafe found?.pointee = strdup(path)
    return file.release()
}
