// SPDX-License-Identifier: Apache-2.0
//
// The objects that a process has loaded, by their own headers in its memory: a file on disk may have been replaced,
// or lie in another mount namespace. It trusts no byte of them.

import CUnwind
import SiltFile

/// A module, and where in memory its unwind tables are.
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
            // A file that is mapped to be read is no module.
            return layout.mapping(at: loaded.module.text.lowerBound)?.isExecutable == true ? loaded : nil
        }
    }

    /// The 64-bit object that is mapped at `base`; nil if there is none.
    private init?(in memory: ProcessMemory, at base: UInt64, path: String) {
        let header = memory.bytes(at: base, count: MemoryLayout<Elf64_Ehdr>.size)
        guard header.starts(with: [0x7f, 0x45, 0x4c, 0x46, UInt8(ELFCLASS64)]),
            let offset = header.field(\Elf64_Ehdr.e_phoff), let count = header.field(\Elf64_Ehdr.e_phnum)
        else { return nil }
        let size = MemoryLayout<Elf64_Phdr>.size
        let table = memory.bytes(at: base &+ offset, count: Int(count) * size)
        let segments = (0..<Int(count)).compactMap { Segment(in: table, at: $0 * size) }
        let loaded = segments.filter { $0.type == UInt32(PT_LOAD) }
        guard let first = loaded.first(where: { $0.fileOffset == 0 }),
            let text = loaded.first(where: { $0.flags & UInt32(PF_X) != 0 }),
            let end = loaded.map({ $0.address &+ $0.size }).max()
        else { return nil }
        // Headers begin a page, the segment they lie in may not.
        let bias = base &- (first.address & ~0xfff)
        let start = bias &+ text.address
        guard base < bias &+ end, start < start &+ text.size else { return nil }
        let notes = segments.lazy.filter { $0.type == UInt32(PT_NOTE) }.map {
            memory.bytes(at: bias &+ $0.address, count: Int(min($0.size, 1 << 16)))
        }
        module = Module(
            addresses: base..<bias &+ end, bias: bias, text: start..<start &+ text.size,
            textFileOffset: text.fileOffset, path: path, buildID: notes.compactMap(gnuBuildID).first ?? [])
        unwindTable = segments.first { $0.type == UInt32(PT_GNU_EH_FRAME) }.flatMap {
            UnwindTable(in: memory, at: bias &+ $0.address)
        }
    }
}

extension LoadedModule.UnwindTable {
    /// Nil if it is not encoded as all linkers do: version 1, a relative pointer, a count and a sorted table of 32 bits.
    fileprivate init?(in memory: ProcessMemory, at address: UInt64) {
        let bytes = memory.bytes(at: address, count: 12)
        guard bytes.starts(with: [1, 0x1b, 0x03, 0x3b]), let count = bytes.load(UInt32.self, at: 8) else { return nil }
        header = address
        entries = address + 12
        self.count = UInt64(count)
    }
}

/// What matters here of a program header.
private struct Segment {
    var type: UInt32
    var flags: UInt32
    var fileOffset: UInt64
    var address: UInt64
    var size: UInt64

    init?(in table: [UInt8], at offset: Int) {
        guard let type = table.field(\Elf64_Phdr.p_type, at: offset),
            let flags = table.field(\Elf64_Phdr.p_flags, at: offset),
            let fileOffset = table.field(\Elf64_Phdr.p_offset, at: offset),
            let address = table.field(\Elf64_Phdr.p_vaddr, at: offset),
            let size = table.field(\Elf64_Phdr.p_memsz, at: offset)
        else { return nil }
        self.type = type
        self.flags = flags
        self.fileOffset = fileOffset
        self.address = address
        self.size = size
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

extension [UInt8] {
    /// A field of a C struct that begins at `offset`.
    fileprivate func field<Header, Value: FixedWidthInteger & BitwiseCopyable>(
        _ path: KeyPath<Header, Value>, at offset: Int = 0
    ) -> Value? {
        MemoryLayout<Header>.offset(of: path).flatMap { load(Value.self, at: offset + $0) }
    }
}
