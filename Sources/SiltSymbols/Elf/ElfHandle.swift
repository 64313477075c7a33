// SPDX-License-Identifier: Apache-2.0
//
// The opaque pointers of elfutils, each as a type of its own, because Swift imports all of them as one type; and what
// several questions need of an ELF file: its segments, sections and strings. It owns nothing: the code that opened a
// handle closes it.
//
// Why the `unsafe` expressions are sound: a handle is used only while its owner, an ElfFile or ElfModule, lives. What
// is handed to libelf is a local's address for the time of the call, and libelf checks offsets against the file's
// size.

import CElfutils

/// `Dwfl *`: a session of libdwfl.
@safe struct DwflSession { let pointer: OpaquePointer }

/// `Dwfl_Module *`: an object file in such a session.
@safe struct DwflModule { let pointer: OpaquePointer }

/// `Dwarf *`: the debug information of such a file.
@safe struct DwarfSession { let pointer: OpaquePointer }

/// `Elf_Scn *`: a section of an ELF file, with its header.
@safe
struct ElfSection {
    let pointer: OpaquePointer
    let header: GElf_Shdr
}

/// `Elf *`: an ELF file open in libelf.
@safe
struct ElfHandle {
    let pointer: OpaquePointer

    /// The program headers, in the file's order; empty if they cannot be read.
    var segments: [GElf_Phdr] {
        var count = 0
        guard unsafe elf_getphdrnum(pointer, &count) == 0 else { return [] }
        return (0..<count).compactMap { index in
            var segment = GElf_Phdr()
            return unsafe gelf_getphdr(pointer, Int32(truncatingIfNeeded: index), &segment) == nil ? nil : segment
        }
    }

    /// The sections that have a readable header, in the file's order.
    var sections: [ElfSection] {
        var result: [ElfSection] = []
        var last: OpaquePointer?
        while let next = unsafe elf_nextscn(pointer, last) {
            unsafe last = next
            var header = GElf_Shdr()
            guard unsafe gelf_getshdr(next, &header) != nil else { continue }
            unsafe result.append(ElfSection(pointer: next, header: header))
        }
        return result
    }

    /// The sections by name; of several with one name the first, as libdw has it.
    var sectionsByName: [String: ElfSection] {
        var strings = 0
        guard unsafe elf_getshdrstrndx(pointer, &strings) == 0 else { return [:] }
        let named = sections.compactMap { section in
            string(at: Int(section.header.sh_name), in: strings).map { ($0, section) }
        }
        return Dictionary(named) { first, _ in first }
    }

    /// Whether integers in it are as this machine has them, and addresses have 64 bits.
    var isNative: Bool {
        var header = GElf_Ehdr()
        guard unsafe gelf_getclass(pointer) == ELFCLASS64, unsafe gelf_getehdr(pointer, &header) != nil
        else { return false }
        return Int32(header.e_ident.5) == (UInt16(littleEndian: 1) == 1 ? ELFDATA2LSB : ELFDATA2MSB)
    }

    /// Empty if the file has none.
    var buildID: [UInt8] {
        var bits: UnsafeRawPointer?
        let count = unsafe dwelf_elf_gnu_build_id(pointer, &bits)
        return unsafe count > 0 ? Array(UnsafeRawBufferPointer(start: bits, count: Int(count))) : []
    }

    /// A string of the string table with this section number, copied.
    func string(at offset: Int, in table: Int) -> String? {
        guard let text = unsafe elf_strptr(pointer, table, offset) else { return nil }
        return unsafe String(cString: text)
    }
}
