// SPDX-License-Identifier: Apache-2.0
//
// The plain facts of an ELF file through libelf: what kind it is, what it needs, what it defines. It names no address
// (ElfModule does), and does not say what the facts mean (ExecutableReport does).
//
// Why the `unsafe` expressions are sound: what libelf returns lives until elf_end, which only deinit calls, and nothing
// but Strings and numbers leaves this class. What is handed to libelf is a local's address for the time of the call,
// and it checks offsets against the file's size.

import CElfutils
import SiltHost

/// An ELF file, open for questions.
@safe
final class ElfFile {
    /// What is at the start of the file.
    struct Header: Equatable {
        var is64Bit: Bool
        /// e_machine.
        var machine: UInt16

        /// Debian's name for the folder with this machine's libraries; nil for a machine that is not in the list.
        var multiarch: String? {
            switch Int32(machine) {
            case EM_X86_64: "x86_64-linux-gnu"
            case EM_AARCH64: "aarch64-linux-gnu"
            case EM_386: "i386-linux-gnu"
            default: nil
            }
        }
    }

    let header: Header
    /// Whether it can be loaded: an executable or a shared object, which newer executables are as well.
    let isProgram: Bool
    /// libelf reads from it, so it must stay open as long as `elf`.
    private let file: Descriptor
    private let elf: ElfHandle

    init(path: String) throws(ElfModule.OpenError) {
        let file = try ElfModule.openObjectFile(path)
        elf_version(UInt32(EV_CURRENT))
        var header = GElf_Ehdr()
        guard let elf = unsafe elf_begin(file.number, ELF_C_READ_MMAP, nil) else {
            throw .notELF(reason: "unreadable")
        }
        guard unsafe elf_kind(elf) == ELF_K_ELF, unsafe gelf_getehdr(elf, &header) != nil else {
            unsafe elf_end(elf)
            throw .notELF(reason: "it does not begin with an ELF header")
        }
        self.elf = unsafe ElfHandle(pointer: elf)
        self.file = file
        self.header = unsafe Header(is64Bit: gelf_getclass(elf) == ELFCLASS64, machine: header.e_machine)
        isProgram = header.e_type == UInt16(ET_EXEC) || header.e_type == UInt16(ET_DYN)
    }

    deinit { unsafe elf_end(elf.pointer) }

    /// The dynamic loader that starts it; nil if none does; empty if its name cannot be read.
    var interpreter: String? {
        guard let segment = elf.segments.first(where: { $0.p_type == UInt32(PT_INTERP) }) else { return nil }
        let size = Int(truncatingIfNeeded: segment.p_filesz)
        let offset = Int64(truncatingIfNeeded: segment.p_offset)
        guard let data = unsafe elf_getdata_rawchunk(elf.pointer, offset, size, ELF_T_BYTE)?.pointee else { return "" }
        let bytes = unsafe UnsafeRawBufferPointer(start: data.d_buf, count: data.d_size)
        return unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Whether there is a section of this name with anything in it.
    func hasSection(_ name: String) -> Bool {
        var strings = 0
        guard unsafe elf_getshdrstrndx(elf.pointer, &strings) == 0 else { return false }
        return elf.sections.contains {
            $0.header.sh_size > 0 && elf.string(at: Int($0.header.sh_name), in: strings) == name
        }
    }

    /// The libraries that it names as needed.
    var neededLibraries: [String] { dynamicStrings(DT_NEEDED) }

    /// Where it wants libraries to be looked for; entries are separated by colons and may begin with `$ORIGIN`.
    var librarySearchPaths: [String] { dynamicStrings(DT_RUNPATH) + dynamicStrings(DT_RPATH) }

    private func dynamicStrings(_ tag: Int32) -> [String] {
        var result: [String] = []
        for section in elf.sections where section.header.sh_type == UInt32(SHT_DYNAMIC) {
            guard let data = unsafe elf_getdata(section.pointer, nil) else { continue }
            var index: Int32 = 0
            var entry = GElf_Dyn()
            while unsafe gelf_getdyn(data, index, &entry) != nil, entry.d_tag != Int64(DT_NULL) {
                index += 1
                let offset = unsafe Int(truncatingIfNeeded: entry.d_un.d_val)
                if entry.d_tag == Int64(tag), let text = elf.string(at: offset, in: Int(section.header.sh_link)) {
                    result.append(text)
                }
            }
        }
        return result
    }

    /// The content of the first note with this owner and type; nil if there is none.
    func note(owner: String, type: Int) -> [UInt8]? {
        for segment in elf.segments where segment.p_type == UInt32(PT_NOTE) {
            let size = Int(truncatingIfNeeded: segment.p_filesz)
            let offset = Int64(truncatingIfNeeded: segment.p_offset)
            let kind = segment.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR
            guard let data = unsafe elf_getdata_rawchunk(elf.pointer, offset, size, kind) else { continue }
            let bytes = unsafe UnsafeRawBufferPointer(start: data.pointee.d_buf, count: data.pointee.d_size)
            var header = GElf_Nhdr()
            var (position, name, content) = (0, 0, 0)
            // libelf returns 0 for a note that is not wholly within the segment.
            while true {
                position = unsafe gelf_getnote(data, position, &header, &name, &content)
                guard position > 0 else { break }
                guard Int(header.n_type) == type,
                    unsafe bytes[name..<name + Int(header.n_namesz)].elementsEqual(owner.utf8 + [0])
                else { continue }
                return unsafe Array(bytes[content..<content + Int(header.n_descsz)])
            }
        }
        return nil
    }

    /// Empty if the file has none.
    var buildID: [UInt8] { elf.buildID }

    /// Which of these functions the file itself defines, in .dynsym or in .symtab.
    ///
    /// - Complexity: O(number of symbols).
    func definitions(among names: Set<String>) -> Set<String> {
        var result: Set<String> = []
        for section in elf.sections {
            let kind = section.header.sh_type
            guard kind == UInt32(SHT_SYMTAB) || kind == UInt32(SHT_DYNSYM),
                let data = unsafe elf_getdata(section.pointer, nil)
            else { continue }
            var index: Int32 = 0
            var symbol = GElf_Sym()
            while unsafe gelf_getsym(data, index, &symbol) != nil {
                index += 1
                let type = Int(symbol.st_info & 0xf)
                guard symbol.st_shndx != UInt16(SHN_UNDEF), type == STT_FUNC || type == STT_GNU_IFUNC,
                    let name = elf.string(at: Int(symbol.st_name), in: Int(section.header.sh_link))
                else { continue }
                if names.contains(name) { result.insert(name) }
            }
        }
        return result
    }
}

extension ElfModule {
    /// Opens a file to read; refuses what is not a regular file, and never blocks on a fifo.
    static func openRegularFile(_ path: String) throws(OpenError) -> Descriptor {
        do {
            let file = try Descriptor(opening: path)
            if try file.status().kind == .regular { return file }
        } catch {
            throw .unreadable(error)
        }
        throw .notELF(reason: "not a regular file")
    }

    /// Refuses also what does not begin as an object file: libdwfl would unpack it, as large as that may be.
    static func openObjectFile(_ path: String) throws(OpenError) -> Descriptor {
        let file = try openRegularFile(path)
        do {
            if try file.read(at: 0, count: 4) == [0x7f] + Array("ELF".utf8) { return file }
        } catch {
            throw .unreadable(error)
        }
        throw .notELF(reason: "it does not begin with an ELF header")
    }
}
