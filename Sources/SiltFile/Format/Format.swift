// SPDX-License-Identifier: Apache-2.0
//
// Where each record lies: the one file that sees the structs of silt_format.h. It turns the bytes of one element
// into a value, or says that the element is not visible yet, or torn. It never reads a file, and never looks at
// two elements together.

import CSiltFormat
import SiltHost

/// One element of a region, as far as its own bytes tell.
enum Element<Value> {
    /// Never written, or being written: its publishing store is not there.
    case invisible
    /// Published, and yet its check or its fields do not hold.
    case torn
    case whole(Value)
}

/// A region by its place among the header's descriptors.
enum RegionKind: Int, CaseIterable {
    case strings, modules, stacks, sites, live, ring, threads

    /// Referrers before what they refer to, so that a running session's references are never ahead of the copy.
    static let readingOrder: [RegionKind] = [.ring, .live, .threads, .sites, .stacks, .modules, .strings]

    var elementSize: Int {
        switch self {
        case .strings: 1
        case .modules: MemoryLayout<silt_module>.size
        case .stacks: MemoryLayout<UInt64>.size
        case .sites: MemoryLayout<silt_site>.size
        case .live: MemoryLayout<silt_live>.size
        case .ring: MemoryLayout<silt_event>.size
        case .threads: MemoryLayout<silt_thread_record>.size
        }
    }

    /// Where the region's descriptor lies in the header.
    var descriptorOffset: Int { Format.regionsOffset + rawValue * MemoryLayout<silt_region>.size }
}

/// A region's descriptor as stored: nothing in it is checked.
struct RegionDescriptor {
    static let size = MemoryLayout<silt_region>.size

    var offset: UInt64
    var capacity: UInt64
    var elementSize: UInt32
    var used: UInt64
    var backed: UInt64

    /// What is not there reads as zero, which no element size is.
    init(in bytes: [UInt8], at offset: Int) {
        let raw = bytes.load(silt_region.self, at: offset) ?? silt_region()
        self.offset = raw.offset
        capacity = raw.capacity
        elementSize = raw.element_size
        used = raw.used
        backed = raw.backed
    }
}

enum Format {
    static let version = UInt32(SILT_VERSION)
    static let headerSize = Int(SILT_HEADER_SIZE)
    static let magic = Array("SILTHEAP".utf8)
    static let regionsOffset = field(\.regions)
    /// Dumps start their regions at multiples of this.
    static let alignment = 64
    static let maximumDepth = Int(SILT_MAX_DEPTH)
    private static let sizeMask: UInt64 = (1 << 48) - 1

    /// The offset of a header field.
    private static func field<Value>(_ path: KeyPath<silt_header, Value>) -> Int {
        guard let offset = MemoryLayout<silt_header>.offset(of: path) else { preconditionFailure("not stored") }
        return offset
    }

    // MARK: The header

    /// Reads a header from the first bytes of a file.
    ///
    /// - Throws: ``FileError`` for what is not a whole header of this version with sensible fields.
    static func header(_ bytes: [UInt8], path: String) throws(FileError) -> Header {
        if bytes.isEmpty { throw .empty(path: path) }
        let start = Array(bytes.prefix(magic.count))
        if start == Array(magic.reversed()) { throw .wrongByteOrder(path: path, offset: 0) }
        guard start == Array(magic.prefix(start.count)) else { throw .notSilt(path: path, found: start) }
        guard bytes.count >= headerSize, let raw = bytes.load(silt_header.self, at: 0) else {
            throw .truncated(path: path, offset: 0, needed: UInt64(headerSize), available: UInt64(bytes.count))
        }
        if raw.byte_order == UInt32(SILT_BYTE_ORDER).byteSwapped {
            throw .wrongByteOrder(path: path, offset: UInt64(field(\.byte_order)))
        }
        guard raw.version == version else {
            throw .unsupportedVersion(path: path, found: raw.version, supported: version)
        }
        func corrupt(
            _ name: String, _ field: PartialKeyPath<silt_header>, _ value: some BinaryInteger, _ expected: String
        ) -> FileError {
            let offset = UInt64(MemoryLayout<silt_header>.offset(of: field) ?? 0)
            return .corrupt(path: path, field: name, offset: offset, value: UInt64(value), expected: expected)
        }
        func check(
            _ condition: Bool, _ name: String, _ field: PartialKeyPath<silt_header>, _ value: some BinaryInteger,
            _ expected: String
        ) throws(FileError) {
            if !condition { throw corrupt(name, field, value, expected) }
        }
        try check(raw.header_size == SILT_HEADER_SIZE, "header_size", \.header_size, raw.header_size, "4096")
        try check(raw.byte_order == SILT_BYTE_ORDER, "byte_order", \.byte_order, raw.byte_order, "16909060")
        guard let kind = kind(raw.kind) else { throw corrupt("kind", \.kind, raw.kind, "1 or 2") }
        guard let state = state(raw.state) else { throw corrupt("state", \.state, raw.state, "1 or 2") }
        guard let unwind = unwind(raw.unwind) else {
            throw corrupt("unwind", \.unwind, raw.unwind, "1, 2 or 3")
        }
        try check(raw.pid >= 1 && raw.pid <= Int32.max, "pid", \.pid, raw.pid, "a process's number")
        try check(raw.interval >= 1, "interval", \.interval, raw.interval, "at least 1")
        try check(raw.exe_size <= SILT_EXE_MAX, "exe_size", \.exe_size, raw.exe_size, "at most \(SILT_EXE_MAX)")
        var dump: Header.Dump?
        if kind == .dump {
            guard let reason = reason(raw.reason) else {
                throw corrupt("reason", \.reason, raw.reason, "0 to 5")
            }
            try check(
                raw.dump_monotonic >= raw.start_monotonic, "dump_monotonic", \.dump_monotonic, raw.dump_monotonic,
                "at least the session's start, \(raw.start_monotonic)")
            dump = Header.Dump(
                reason: reason, sequence: raw.sequence, realtime: raw.dump_realtime, monotonic: raw.dump_monotonic,
                rss: known(raw.rss), memoryLimit: known(raw.memory_limit), memoryCurrent: known(raw.memory_current),
                rssShared: known(raw.rss_shared), threads: known(raw.threads))
        }
        let comm = bytes[field(\.comm)...].prefix(16).prefix { $0 != 0 }
        return Header(
            kind: kind, state: state, pid: raw.pid, pidStartTicks: raw.pid_start_ticks,
            pidNamespace: raw.pid_namespace, bootID: Array(bytes[field(\.boot_id)...].prefix(16)), uid: raw.uid,
            comm: pathText(comm),
            exe: pathText(bytes[field(\.exe)...].prefix(Int(raw.exe_size))),
            machine: raw.machine, interval: raw.interval, startRealtime: raw.start_realtime,
            startMonotonic: raw.start_monotonic, unwind: unwind, flags: Header.Flags(rawValue: raw.flags),
            signal: raw.signal == 0 ? nil : raw.signal, dumps: raw.dumps, dump: dump)
    }

    /// What the shim says it lost; only reasons that occurred.
    static func losses(_ header: [UInt8]) -> [Loss] {
        Loss.Reason.allCases.compactMap { reason in
            let offset = field(\.lost) + reason.rawValue * MemoryLayout<silt_count>.size
            guard let raw = header.load(silt_count.self, at: offset), raw.count != 0 || raw.bytes != 0 else {
                return nil
            }
            return Loss(reason: reason, count: raw.count, bytes: raw.bytes)
        }
    }

    /// The header of a dump made from a session with the header `bytes`, and its regions packed behind it.
    static func pack(header bytes: [UInt8], dump: Header.Dump, regions: [RegionKind: [UInt8]]) -> [UInt8] {
        var header = bytes.load(silt_header.self, at: 0) ?? silt_header()
        header.kind = UInt16(SILT_KIND_DUMP.rawValue)
        header.reason = raw(dump.reason)
        header.sequence = dump.sequence
        header.dump_realtime = dump.realtime
        header.dump_monotonic = dump.monotonic
        header.rss = dump.rss ?? 0
        header.memory_limit = dump.memoryLimit ?? 0
        header.memory_current = dump.memoryCurrent ?? 0
        header.rss_shared = dump.rssShared ?? 0
        header.threads = dump.threads ?? 0
        var packed = Array(bytes.prefix(headerSize))
        packed.store(header, at: 0)
        for kind in RegionKind.allCases {
            let content = regions[kind, default: []]
            packed += repeatElement(0, count: (alignment - packed.count % alignment) % alignment)
            var region = silt_region()
            region.offset = UInt64(packed.count)
            region.capacity = UInt64(content.count / kind.elementSize)
            region.element_size = UInt32(kind.elementSize)
            region.used = region.capacity
            packed.store(region, at: kind.descriptorOffset)
            packed += content
        }
        return packed
    }

    // MARK: The elements

    static func module(_ bytes: [UInt8], at index: Int, strings: [UInt8]) -> Element<Module> {
        let offset = index * MemoryLayout<silt_module>.size
        guard let raw = bytes.load(silt_module.self, at: offset), raw.published != 0 else { return .invisible }
        guard raw.published == 1, raw.start < raw.end, raw.text_start <= raw.text_end,
            raw.first_epoch <= raw.last_epoch, raw.build_id_size <= SILT_BUILD_ID_MAX,
            let path = slice(strings, at: raw.path, count: raw.path_size),
            let buildIDOffset = MemoryLayout<silt_module>.offset(of: \.build_id)
        else { return .torn }
        return .whole(
            Module(
                addresses: raw.start..<raw.end, bias: raw.bias, text: raw.text_start..<raw.text_end,
                textFileOffset: raw.text_offset, path: pathText(path),
                buildID: Array(bytes[(offset + buildIDOffset)...].prefix(Int(raw.build_id_size))),
                epochs: raw.first_epoch...raw.last_epoch))
    }

    /// The stack with the id `id`: nil if there is none, or not a whole one.
    static func stack(_ words: [UInt8], id: UInt32) -> Stack? {
        let offset = Int(id) * RegionKind.stacks.elementSize
        guard id != 0, let raw = words.load(silt_stack.self, at: offset), Int(raw.depth) <= maximumDepth,
            let end = end(raw.end)
        else { return nil }
        var pcs: [UInt64] = []
        pcs.reserveCapacity(Int(raw.depth))
        for index in 0..<Int(raw.depth) {
            let place = offset + MemoryLayout<silt_stack>.size + index * MemoryLayout<UInt64>.size
            guard let pc = words.load(UInt64.self, at: place) else { return nil }
            pcs.append(pc)
        }
        // Safe: the function reads the `depth` elements that the array has.
        let hash = unsafe silt_stack_hash(pcs, UInt32(raw.depth), UInt32(raw.end), raw.epoch)
        guard hash == raw.hash else { return nil }
        return Stack(pcs: pcs, end: end, guessed: UInt32(raw.end) & UInt32(SILT_END_GUESSED) != 0, epoch: raw.epoch)
    }

    static func site(_ bytes: [UInt8], at index: Int) -> Element<Site> {
        guard let raw = bytes.load(silt_site.self, at: index * MemoryLayout<silt_site>.size), raw.stack != 0 else {
            return .invisible
        }
        guard raw.size_class <= silt_size_class(UInt64.max) else { return .torn }
        return .whole(
            Site(
                stack: raw.stack, sizeClass: raw.size_class, allocObjects: raw.alloc_objects,
                allocBytes: raw.alloc_bytes, freeObjects: raw.free_objects, freeBytes: raw.free_bytes))
    }

    static func live(_ bytes: [UInt8], at index: Int) -> Element<LiveSample> {
        guard let raw = bytes.load(silt_live.self, at: index * MemoryLayout<silt_live>.size),
            raw.address != SILT_LIVE_EMPTY, raw.address != SILT_LIVE_BUSY
        else { return .invisible }
        let size = raw.size48_check16 & sizeMask
        let check = UInt16(raw.size48_check16 >> 48)
        guard check == silt_live_check(raw.address, size, raw.time, raw.site, raw.thread) else { return .torn }
        return .whole(
            LiveSample(address: raw.address, size: size, time: raw.time, site: raw.site, thread: raw.thread))
    }

    /// An event's sequence number; 0: it is not visible.
    static func sequence(_ bytes: [UInt8], at index: Int) -> UInt64 {
        bytes.load(UInt64.self, at: index * MemoryLayout<silt_event>.size) ?? 0
    }

    static func event(_ bytes: [UInt8], at index: Int) -> Element<Event> {
        guard var raw = bytes.load(silt_event.self, at: index * MemoryLayout<silt_event>.size), raw.sequence != 0
        else { return .invisible }
        // Safe: the function reads the one struct, and keeps no pointer.
        guard unsafe silt_event_check(&raw) == raw.check, raw.size <= sizeMask, let operation = operation(raw.operation)
        else { return .torn }
        return .whole(
            Event(
                operation: operation, time: raw.time, address: raw.address, size: raw.size, born: raw.born,
                site: raw.site, thread: raw.thread))
    }

    static func thread(_ bytes: [UInt8], at index: Int) -> Element<ThreadRecord> {
        let offset = index * MemoryLayout<silt_thread_record>.size
        guard var raw = bytes.load(silt_thread_record.self, at: offset),
            UInt32(raw.state) != SILT_THREAD_FREE.rawValue, UInt32(raw.state) != SILT_THREAD_MAKING.rawValue
        else { return .invisible }
        // Safe: the function reads the one struct, and keeps no pointer.
        guard unsafe silt_thread_check(&raw) == raw.check, UInt32(raw.state) <= SILT_THREAD_RUNNING.rawValue,
            let nameOffset = MemoryLayout<silt_thread_record>.offset(of: \.name)
        else { return .torn }
        let name = bytes[(offset + nameOffset)...].prefix(16).prefix { $0 != 0 }
        return .whole(
            ThreadRecord(
                stack: raw.stack, routine: raw.routine, thread: raw.thread == 0 ? nil : raw.thread,
                creator: raw.creator, time: raw.time, stackSize: raw.stack_size, handle: known(raw.handle),
                name: name.isEmpty ? nil : String(decoding: name, as: UTF8.self)))
    }

    private static func slice(_ bytes: [UInt8], at offset: UInt32, count: UInt32) -> ArraySlice<UInt8>? {
        let (start, count) = (Int(offset), Int(count))
        guard start <= bytes.count, count <= bytes.count - start else { return nil }
        return bytes[start..<start + count]
    }

    // MARK: The enumerations

    private static func known(_ value: UInt64) -> UInt64? { value == 0 ? nil : value }

    private static func kind(_ raw: UInt16) -> Header.Kind? {
        switch UInt32(raw) {
        case SILT_KIND_LIVE.rawValue: .live
        case SILT_KIND_DUMP.rawValue: .dump
        default: nil
        }
    }

    private static func state(_ raw: UInt32) -> Header.State? {
        switch raw {
        case SILT_STATE_RUNNING.rawValue: .running
        case SILT_STATE_EXITED.rawValue: .exited
        default: nil
        }
    }

    private static func unwind(_ raw: UInt32) -> Header.Unwind? {
        switch raw {
        case SILT_UNWIND_CFI.rawValue: .cfi
        case SILT_UNWIND_FP.rawValue: .fp
        case SILT_UNWIND_LIBUNWIND.rawValue: .libunwind
        default: nil
        }
    }

    /// In the order of enum silt_reason.
    private static let reasons: [Header.Reason] = [.none, .signal, .exit, .interval, .growth, .reader]

    private static func reason(_ raw: UInt32) -> Header.Reason? {
        raw < reasons.count ? reasons[Int(raw)] : nil
    }

    private static func raw(_ reason: Header.Reason) -> UInt32 {
        UInt32(reasons.firstIndex(of: reason) ?? 0)
    }

    private static func end(_ raw: UInt8) -> Stack.End? {
        switch UInt32(raw) & ~UInt32(SILT_END_GUESSED) {
        case SILT_END_COMPLETE.rawValue: .complete
        case SILT_END_DEPTH.rawValue: .depth
        case SILT_END_UNWIND.rawValue: .unwind
        case SILT_END_BOUNDS.rawValue: .bounds
        default: nil
        }
    }

    private static func operation(_ raw: UInt32) -> Event.Operation? {
        switch raw {
        case SILT_OP_ALLOC.rawValue: .alloc
        case SILT_OP_FREE.rawValue: .free
        default: nil
        }
    }
}
