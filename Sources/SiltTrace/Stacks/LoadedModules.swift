// SPDX-License-Identifier: Apache-2.0
//
// The objects that a process has loaded, by their own headers in its memory: the file on disk may have been replaced,
// or be in another mount namespace. No byte of it is trusted: damaged headers give no module, never a crash.

import CTrace
import SiltFile
import SiltHost

/// A loaded module, and the address of its unwind table.
struct LoadedModule {
    /// The binary search table of .eh_frame_hdr.
    struct UnwindTable {
        var header: UInt64
        var entries: UInt64
        var count: UInt64
    }

    var module: Module
    /// Nil if the object has none.
    var unwindTable: UnwindTable?

    /// The modules of a process, by address.
    ///
    /// - Parameter layout: its mappings, by address.
    static func all(in layout: [MemoryMapping], of memory: ProcessMemory) -> [LoadedModule] {
        layout.compactMap { mapping in
            guard !mapping.path.isEmpty, mapping.fileOffset == 0,
                let loaded = LoadedModule(in: memory, at: mapping.addresses.lowerBound, path: mapping.path)
            else { return nil }
            // A file that is only mapped to be read is not a module: its code is not executable.
            return layout.mapping(at: loaded.module.text.lowerBound)?.isExecutable == true ? loaded : nil
        }
    }

    /// The 64-bit object that is mapped at `base`; nil if there is none.
    private init?(in memory: ProcessMemory, at base: UInt64, path: String) {
        let header = memory.bytes(at: base, count: MemoryLayout<Elf64_Ehdr>.size)
        guard header.starts(with: [0x7f, 0x45, 0x4c, 0x46, UInt8(ELFCLASS64)]),
            let elf = header.load(Elf64_Ehdr.self, at: 0)
        else { return nil }
        let (count, size) = (Int(elf.e_phnum), MemoryLayout<Elf64_Phdr>.size)
        let table = memory.bytes(at: base &+ elf.e_phoff, count: count * size)
        let segments = (0..<count).compactMap { table.load(Elf64_Phdr.self, at: $0 * size) }
        let loaded = segments.filter { $0.p_type == UInt32(PT_LOAD) }
        guard let first = loaded.first(where: { $0.p_offset == 0 }),
            let text = loaded.first(where: { $0.p_flags & UInt32(PF_X) != 0 }),
            let end = loaded.map({ $0.p_vaddr &+ $0.p_memsz }).max()
        else { return nil }
        // The headers are at the start of a page, while the address of their segment need not be page-aligned.
        let bias = base &- (first.p_vaddr & ~0xfff)
        let start = bias &+ text.p_vaddr
        guard base < bias &+ end, start < start &+ text.p_memsz else { return nil }
        let notes = segments.lazy.filter { $0.p_type == UInt32(PT_NOTE) }.map {
            memory.bytes(at: bias &+ $0.p_vaddr, count: Int(min($0.p_memsz, 1 << 16)))
        }
        module = Module(
            addresses: base..<bias &+ end, bias: bias, text: start..<start &+ text.p_memsz,
            textFileOffset: text.p_offset, path: path, buildID: notes.compactMap(gnuBuildID).first ?? [])
        unwindTable = segments.first { $0.p_type == UInt32(PT_GNU_EH_FRAME) }.flatMap {
            UnwindTable(in: memory, at: bias &+ $0.p_vaddr)
        }
    }
}

extension LoadedModule.UnwindTable {
    /// Nil if it is not encoded as all linkers do it: version 1, a relative pointer, a count and a sorted table, each
    /// of 32 bits.
    fileprivate init?(in memory: ProcessMemory, at address: UInt64) {
        let bytes = memory.bytes(at: address, count: 12)
        guard bytes.starts(with: [1, 0x1b, 0x03, 0x3b]), let count = bytes.load(UInt32.self, at: 8) else { return nil }
        header = address
        entries = address + 12
        self.count = UInt64(count)
    }
}

/// The build id among the notes of a segment: a note of type NT_GNU_BUILD_ID whose owner is `GNU`.
private func gnuBuildID(in notes: [UInt8]) -> [UInt8]? {
    var start = 0
    while let nameSize = notes.load(UInt32.self, at: start), let size = notes.load(UInt32.self, at: start + 4),
        let type = notes.load(UInt32.self, at: start + 8)
    {
        let name = start + 12
        let content = name + (Int(nameSize) + 3) & ~3
        let end = content + Int(size)
        guard end <= notes.count else { return nil }
        if type == UInt32(NT_GNU_BUILD_ID), notes[name..<content].starts(with: "GNU\0".utf8) {
            return Array(notes[content..<end])
        }
        start = (end + 3) & ~3
    }
    return nil
}
