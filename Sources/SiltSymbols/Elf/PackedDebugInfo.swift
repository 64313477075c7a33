// SPDX-License-Identifier: Apache-2.0
//
// The debug information of an ELF file in compressed sections, as distributions pack it: libdw unpacks all that it knows, whole,
// as soon as it is opened, most of a first look at a small program. Here what Silt never reads is hidden from it, and of the units
// of a large file it gets what is asked for, where a table tells which units these are. Names must be those of the whole. The
// checksum of a section is at its end: of what is unpacked in part, damage is found only where it can no longer be unpacked.
//
// Why the `unsafe` expressions are sound: what libelf returns lives until dwfl_end, which ElfModule calls before it releases
// this object. libdwfl opens files so that section headers are this process's own. What is handed to libelf is a local's
// address for the time of the call.

import CElfutils
import SiltHost

/// What of a file's debug information libdw gets to see.
@safe
final class PackedDebugInfo {
    /// Where the code of its units lies.
    let table: UnitTable
    /// The file; libdw may decide to read another one.
    let file: ElfHandle
    private let units: PackedSection
    /// Whether libdw sees all there is.
    private(set) var isWhole = false

    /// What describes variables, macros and what only a debugger asks for.
    private static let unread: Set = [
        ".debug_aranges", ".debug_frame", ".debug_loc", ".debug_loclists", ".debug_macinfo", ".debug_macro",
        ".debug_pubnames",
    ]
    /// More than the table of any program has.
    private static let largestTable = 1 << 28

    /// To be called before libdw opens the debug information.
    ///
    /// - Parameter least: packed bytes of units below which libdw unpacks them.
    /// - Returns: nil where libdw sees all from its start, but what is never read.
    init?(of module: DwflModule, from least: UInt64) {
        guard let file = Self.file(of: module), file.isNative else { return nil }
        let sections = file.sectionsByName
        guard let info = sections[".debug_info"], info.header.sh_flags & UInt64(SHF_COMPRESSED) != 0 else { return nil }
        defer { Self.hide(sections) }
        // With this one functions lie in other files (.dwo): which, only a look at all units tells.
        guard info.header.sh_size >= least, sections[".debug_addr"] == nil, let known = sections[".debug_aranges"],
            let bytes = Self.content(of: known, in: file),
            let table = UnitTable(bytes), let units = PackedSection(info, of: file), let end = units.unpackPart(at: 0)
        else { return nil }
        units.show(upTo: end)
        self.file = file
        self.table = table
        self.units = units
    }

    /// Unpacks what questions about these addresses will need, which libdw sees later, while `meanwhile` runs on another thread; it
    /// must not ask for units.
    ///
    /// - Parameter addresses: in ascending order.
    func prepare(for addresses: [UInt64], _ meanwhile: () -> Void) {
        guard let last = table.lastUnit(with: addresses) else { return }
        _ = shareOut(2) { number in
            if number == 0 { _ = units.unpackPart(at: last) } else { meanwhile() }
        }
    }

    /// Lets libdw see a unit and those before it, by its offset in .debug_info.
    ///
    /// - Returns: false if none is there.
    func showUnit(at offset: Int) -> Bool {
        if isWhole { return true }
        guard let end = units.unpackPart(at: offset) else { return false }
        units.show(upTo: end)
        return true
    }

    /// Lets libdw see all of them.
    ///
    /// - Returns: false if they are damaged.
    func showAll() -> Bool {
        guard units.unpackAll() else { return false }
        units.show()
        isWhole = true
        return true
    }

    /// Also of one that is not compressed, as small ones are.
    private static func content(of section: ElfSection, in file: ElfHandle) -> [UInt8]? {
        if let packed = PackedSection(section, of: file) { return packed.content(limit: largestTable) }
        guard section.header.sh_flags & UInt64(SHF_COMPRESSED) == 0, section.header.sh_size <= largestTable,
            let data = unsafe elf_getdata(section.pointer, nil)?.pointee
        else { return nil }
        return unsafe Array(UnsafeRawBufferPointer(start: data.d_buf, count: data.d_size))
    }

    /// The file with the debug information: the module's own, or the one with its symbol table. Where neither has any, libdw looks
    /// further.
    private static func file(of module: DwflModule) -> ElfHandle? {
        var bias: GElf_Addr = 0
        guard let own = unsafe dwfl_module_getelf(module.pointer, &bias) else { return nil }
        let main = unsafe ElfHandle(pointer: own)
        if main.sectionsByName[".debug_info"] != nil { return main }
        var symbol = GElf_Sym()
        var other: OpaquePointer?
        guard unsafe dwfl_module_getsymtab(module.pointer) > 1,
            unsafe dwfl_module_getsym_info(module.pointer, 1, &symbol, &bias, nil, &other, nil) != nil
        else { return nil }
        return unsafe other.map { unsafe ElfHandle(pointer: $0) }
    }

    private static func hide(_ sections: [String: ElfSection]) {
        for (name, section) in sections
        where unread.contains(name) && section.header.sh_flags & UInt64(SHF_COMPRESSED) != 0 {
            var header = section.header
            header.sh_type = UInt32(SHT_NOBITS)
            unsafe gelf_update_shdr(section.pointer, &header)
        }
    }
}
