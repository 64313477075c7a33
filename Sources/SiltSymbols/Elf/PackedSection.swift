// SPDX-License-Identifier: Apache-2.0
//
// A compressed section of an ELF file that is unpacked from its start only as far as somebody asks, where libdw would unpack
// all of it: the unit of a function near the start of libc's debug information needs a thousandth of the work. What libdw
// sees must never move.
//
// Why the `unsafe` expressions are sound: `bytes` and `stream` belong to this object; ElfModule, which holds it, ends the
// session that reads `bytes` before. The two views and the packed bytes are libelf's until then. zlib writes only between what
// it has unpacked and `size`, the size of `bytes`; what is read from there was unpacked before.

import CElfutils
import CZlib

/// A section of which libdw sees what was asked for.
@safe
final class PackedSection {
    private let section: ElfSection
    /// What libelf tells of the section's content: in this machine's byte order, and as it is in the file.
    private let data: UnsafeMutablePointer<Elf_Data>
    private let raw: UnsafeMutablePointer<Elf_Data>
    private let bytes: UnsafeMutablePointer<UInt8>
    private let stream: UnsafeMutablePointer<z_stream>
    /// Of the section, once it is unpacked.
    let size: Int
    private var unpacked = 0
    private var shown = 0

    /// Unpacked at one time, at least.
    private static let step = 1 << 16
    /// More than deflate can achieve.
    private static let mostGrowth = 1032

    /// - Returns: nil if it is not compressed in the way that is known here.
    init?(_ section: ElfSection, of file: ElfHandle) {
        var packing = GElf_Chdr()
        guard section.header.sh_flags & UInt64(SHF_COMPRESSED) != 0,
            section.header.sh_flags & UInt64(SHF_ALLOC | SHF_GROUP) == 0,
            unsafe gelf_getchdr(section.pointer, &packing) != nil, packing.ch_type == UInt32(ELFCOMPRESS_ZLIB),
            let data = unsafe elf_getdata(section.pointer, nil), let raw = unsafe elf_rawdata(section.pointer, nil)
        else { return nil }
        let head = unsafe gelf_getclass(file.pointer) == ELFCLASS64 ? 24 : 12
        guard let packed = unsafe data.pointee.d_buf, let size = Int(exactly: packing.ch_size), size > 0,
            let count = unsafe UInt32(exactly: data.pointee.d_size), count > head, size / Self.mostGrowth <= Int(count),
            let room = unsafe calloc(size, 1)
        else { return nil }
        self.section = section
        self.size = size
        unsafe self.data = data
        unsafe self.raw = raw
        unsafe bytes = room.bindMemory(to: UInt8.self, capacity: size)
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        unsafe stream.pointee.next_in = packed.assumingMemoryBound(to: UInt8.self) + head
        unsafe stream.pointee.avail_in = count - UInt32(head)
        guard unsafe silt_zlib_inflate_init(stream) == Z_OK else { return nil }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
        unsafe free(bytes)
    }

    /// All of it; nil if it is damaged, or larger than `limit`.
    func content(limit: Int) -> [UInt8]? {
        guard size <= limit, unpackAll() else { return nil }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: size))
    }

    /// Unpacks all up to the end of the part that begins at `offset` with its own length, as a unit does.
    ///
    /// - Returns: where it ends; nil if none is there.
    func unpackPart(at offset: Int) -> Int? {
        guard let end = end(of: offset), unpack(upTo: end) else { return nil }
        return end
    }

    /// - Returns: whether all of it is there, and has the checksum at its end.
    func unpackAll() -> Bool {
        guard unpack(upTo: size) else { return false }
        var spare: UInt8 = 0
        return unsafe withUnsafeMutablePointer(to: &spare) { spare in
            unsafe stream.pointee.next_out = spare
            unsafe stream.pointee.avail_out = 1
            return unsafe inflate(stream, Z_NO_FLUSH) == Z_STREAM_END && stream.pointee.avail_out == 1
        }
    }

    /// Lets libdw see `end` bytes or all, and never less than before. Those that are not unpacked are 0.
    func show(upTo end: Int? = nil) {
        if shown == 0 {
            var header = section.header
            header.sh_flags &= ~UInt64(SHF_COMPRESSED)
            header.sh_size = UInt64(size)
            unsafe gelf_update_shdr(section.pointer, &header)
        }
        shown = max(shown, end ?? size)
        unsafe show(in: data)
        unsafe show(in: raw)
    }

    private func show(in view: UnsafeMutablePointer<Elf_Data>) {
        unsafe view.pointee.d_buf = UnsafeMutableRawPointer(bytes)
        unsafe view.pointee.d_type = ELF_T_BYTE
        unsafe view.pointee.d_size = shown
    }

    /// By the length that stands in front of it, in 4 or in 12 bytes.
    private func end(of offset: Int) -> Int? {
        guard offset >= 0, offset < size, let short = load(UInt32.self, at: offset) else { return nil }
        if short < 0xffff_fff0 { return offset + 4 + Int(short) }
        guard short == .max, let long = load(UInt64.self, at: offset + 4), let length = Int(exactly: long),
            length < size
        else { return nil }
        return offset + 12 + length
    }

    private func load<Value: BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value? {
        guard unpack(upTo: offset + MemoryLayout<Value>.size) else { return nil }
        return unsafe UnsafeRawPointer(bytes).loadUnaligned(fromByteOffset: offset, as: type)
    }

    /// Whether the first `end` bytes are there.
    private func unpack(upTo end: Int) -> Bool {
        guard end <= size else { return false }
        while unpacked < end {
            let room = UInt32(clamping: min(size, max(end, unpacked + Self.step)) - unpacked)
            unsafe stream.pointee.next_out = bytes + unpacked
            unsafe stream.pointee.avail_out = room
            let outcome = unsafe inflate(stream, Z_NO_FLUSH)
            let count = unsafe Int(room - stream.pointee.avail_out)
            guard count > 0, outcome == Z_OK || outcome == Z_STREAM_END else { return false }
            unpacked += count
        }
        return true
    }
}
