// SPDX-License-Identifier: Apache-2.0
//
// Builds the bytes of a session file as the shim would store them, for tests to read and to damage.

import CSiltFormat

@testable import SiltFile
@testable import SiltHost

/// A session to be; ``live()`` and ``dump()`` lay it out.
struct SessionBytes {
    var header = silt_header()
    var comm = "payments"
    var exe = "/opt/payments/bin/payments"
    var bootID = [UInt8](repeating: 7, count: 16)
    var losses: [(reason: Int, count: silt_count)] = []
    var strings: [UInt8] = [0]
    var modules: [silt_module] = []
    /// The roots come first.
    var words = [UInt32](repeating: 0, count: Int(SILT_STACK_ROOTS))
    /// The three that always exist come first.
    var frames: [UInt64] = (0..<UInt64(SILT_FRAME_FIRST)).map { UInt64(SILT_FRAME_SPECIAL) << 48 | $0 }
    /// Index 0 is never a site.
    var sites: [silt_site] = [silt_site()]
    /// Index 0 is never a label.
    var labels: [silt_label] = []
    var live: [silt_live] = []
    /// In the order in which they happened, from the first.
    var events: [silt_event] = []
    var ringCapacity = 8
    var threads: [silt_thread_record] = []
    var mappings: [silt_mapping] = []
    /// Whether there is a region of mappings, as in files that this version's shim writes, even if it is empty.
    var recordsMappings = false

    init() {
        header.magic = Format.magic.load(UInt64.self, at: 0) ?? 0
        header.version = SILT_VERSION
        header.header_size = SILT_HEADER_SIZE
        header.byte_order = SILT_BYTE_ORDER
        header.machine = 62
        header.page_size = 4096
        header.pid = 4242
        header.intervals.0.bytes = 524_288
        header.pid_start_ticks = 98_765
        header.pid_namespace = 4_026_531_836
        header.start_realtime = 1_700_000_000_000_000_000
        header.start_monotonic = 1_000_000_000
        header.uid = 1000
        header.unwind = SILT_UNWIND_CFI.rawValue
        header.state = SILT_STATE_RUNNING.rawValue
        header.signal = 12
        header.dumps = 2
    }

    /// Two modules, three stacks, two sites, three live allocations, five events, two threads.
    static var small: SessionBytes {
        var session = SessionBytes()
        session.addModule("/opt/payments/bin/payments", addresses: 0x40_0000..<0x50_0000, buildID: [0xab, 0xcd, 0xef])
        session.addModule("/lib/libc.so.6", addresses: 0x7f00_0000_0000..<0x7f00_0020_0000, buildID: [])
        let insert = session.addStack([0x40_1111, 0x40_2222, 0x7f00_0000_3333])
        let other = session.addStack([0x40_4444], end: SILT_END_UNWIND.rawValue | UInt32(SILT_END_GUESSED))
        let cache = session.addSite(insert, size: 4096, allocObjects: 3, freeObjects: 1)
        let buffer = session.addSite(other, size: 100, allocObjects: 1, freeObjects: 0)
        session.addLive(0x5000, size: 4096, time: 2_000_000_000, site: cache)
        session.addLive(0x7000, size: 4100, time: 3_000_000_000, site: cache)
        session.addLive(0x9000, size: 100, time: 4_000_000_000, site: buffer)
        session.addEvent(SILT_OP_ALLOC, 0x3000, size: 4096, time: 1_500_000_000, site: cache)
        session.addEvent(SILT_OP_ALLOC, 0x5000, size: 4096, time: 2_000_000_000, site: cache)
        session.addEvent(SILT_OP_FREE, 0x3000, size: 4096, time: 2_500_000_000, site: cache, born: 1_500_000_000)
        session.addEvent(SILT_OP_ALLOC, 0x7000, size: 4100, time: 3_000_000_000, site: cache)
        session.addEvent(SILT_OP_ALLOC, 0x9000, size: 100, time: 4_000_000_000, site: buffer)
        let spawn = session.addStack([0x40_5555, 0x40_2222])
        session.addThread(spawn, time: 1_200_000_000, thread: 4243)
        session.addThread(spawn, time: 4_500_000_000, thread: 0)
        session.losses = [
            (Int(SILT_LOST_NESTED.rawValue), silt_count(count: 3, bytes: 700)),
            (Int(SILT_LOST_DEPTH.rawValue), silt_count(count: 1, bytes: 0)),
        ]
        return session
    }

    mutating func addModule(_ path: String, addresses: Range<UInt64>, buildID: [UInt8]) {
        var module = silt_module()
        module.end = UInt64(addresses.count)
        module.bias = addresses.lowerBound
        module.text_start = 0x1000
        module.text_end = module.end
        module.text_offset = 0x1000
        module.loaded = 1
        module.path = UInt32(strings.count)
        module.path_size = UInt32(path.utf8.count)
        module.build_id_size = UInt32(buildID.count)
        module.published = 1
        // Safe: the array in the struct has 32 bytes, and no build id here is longer.
        unsafe withUnsafeMutableBytes(of: &module.build_id) { unsafe $0.copyBytes(from: buildID) }
        strings += Array(path.utf8) + [0]
        modules.append(module)
    }

    /// Adds a stack as one run of its own.
    ///
    /// - Parameters:
    ///   - pcs: runtime addresses, leaf first.
    ///   - parent: the stack of the outermost one's caller; nil: that is a root.
    /// - Returns: the stack's id.
    mutating func addStack(
        _ pcs: [UInt64], end: UInt32 = 0, tier: silt_tier = SILT_TIER_WHOLE, parent: UInt32? = nil
    ) -> UInt32 {
        let root = silt_stack_root(tier.rawValue, end)
        guard !pcs.isEmpty else { return root }
        words.append(UInt32(SILT_WORD_LINK) | (parent ?? root))
        // The shim's hash chain, of which a reader believes nothing.
        words.append(UInt32(SILT_WORD_LINK) | 0x7654_3210)
        for pc in pcs.reversed() { words.append(frame(pc)) }
        return UInt32(words.count - 1)
    }

    /// The id of an address's frame; it is made if it is new.
    mutating func frame(_ pc: UInt64) -> UInt32 {
        let owner = modules.firstIndex { pc &- $0.bias < $0.end }
        let word = owner.map { UInt64($0 + 1) << 48 | (pc - modules[$0].bias) } ?? pc
        if let known = frames.firstIndex(of: word) { return UInt32(known) }
        frames.append(word)
        return UInt32(frames.count - 1)
    }

    /// The frame ids of a stack, leaf first, and its root.
    private func path(_ stack: UInt32) -> (ids: [UInt32], root: UInt32) {
        var ids: [UInt32] = []
        var at = stack
        while at >= SILT_STACK_ROOTS {
            ids.append(words[Int(at)])
            at = words[Int(at - 1)] & SILT_WORD_LINK == 0 ? at - 1 : words[Int(at - 2)] & ~SILT_WORD_LINK
        }
        return (ids, at)
    }

    /// - Returns: the site's id.
    mutating func addSite(
        _ stack: UInt32, size: UInt64, allocObjects: UInt64, freeObjects: UInt64, interval: UInt8 = 0, label: UInt32 = 0
    ) -> UInt32 {
        var site = silt_site()
        site.stack = stack
        let (ids, root) = path(stack)
        // Safe: the function reads as many elements as the array has.
        site.stack_hash = unsafe silt_stack_hash(ids, UInt32(ids.count), root)
        site.size_class = UInt16(silt_size_class(size))
        site.interval = interval
        site.label = label
        site.alloc_objects = allocObjects
        site.alloc_bytes = allocObjects * size
        site.free_objects = freeObjects
        site.free_bytes = freeObjects * size
        sites.append(site)
        return UInt32(sites.count - 1)
    }

    mutating func addLive(_ address: UInt64, size: UInt64, time: UInt64, site: UInt32, thread: UInt32 = 4242) {
        let check = UInt64(silt_live_check(address, size, time, site, thread))
        live.append(
            silt_live(address: address, size48_check16: check << 48 | size, time: time, site: site, thread: thread))
    }

    mutating func addEvent(
        _ operation: silt_operation, _ address: UInt64, size: UInt64, time: UInt64, site: UInt32, born: UInt64 = 0
    ) {
        var event = silt_event()
        event.sequence = UInt64(events.count + 1)
        event.time = time
        event.address = address
        event.size = size
        event.born = born
        event.site = site
        event.thread = 4242
        event.operation = operation.rawValue
        // Safe: the function reads the one struct, and keeps no pointer.
        event.check = unsafe silt_event_check(&event)
        events.append(event)
    }

    /// - Parameter thread: 0: it has not run yet.
    mutating func addThread(_ stack: UInt32, time: UInt64, thread: UInt32) {
        var record = silt_thread_record()
        record.routine = 0x40_6666
        record.time = time
        record.stack_size = 8 << 20
        record.handle = thread == 0 ? 0 : 0x7f11_0000_0000 + UInt64(thread)
        record.stack = stack
        record.creator = 4242
        record.thread = thread
        record.state = UInt16(thread == 0 ? SILT_THREAD_CREATED.rawValue : SILT_THREAD_RUNNING.rawValue)
        // Safe: the function reads the one struct, and keeps no pointer.
        record.check = unsafe silt_thread_check(&record)
        threads.append(record)
    }

    /// - Parameter flags: 0: not known.
    mutating func addMapping(
        address: UInt64, size: UInt64, stack: UInt32, time: UInt64, protection: UInt32, flags: UInt32 = 0x22
    ) {
        var mapping = silt_mapping()
        mapping.address = address
        mapping.size = size
        mapping.time = time
        mapping.stack = stack
        mapping.thread = 4242
        mapping.protection = protection
        mapping.flags = flags
        // Safe: the function reads the one struct, and keeps no pointer.
        mapping.check = unsafe silt_mapping_check(&mapping)
        mappings.append(mapping)
        recordsMappings = true
    }

    /// A running session's file: regions with unused capacity between them, the ring in its slots.
    func live(slack: Int = 4) -> [UInt8] {
        var ring = [silt_event](repeating: silt_event(), count: ringCapacity)
        for event in events { ring[Int((event.sequence - 1) % UInt64(ringCapacity))] = event }
        // A free slot and a busy one stand between the live ones, as after removals.
        let busy = silt_live(address: UInt64(SILT_LIVE_BUSY), size48_check16: 0, time: 9, site: 1, thread: 1)
        let table = [silt_live()] + live.flatMap { [$0, busy] }
        // So do a slot whose thread has ended, and one whose thread is just being made.
        var ended = silt_thread_record()
        ended.time = 7
        var making = ended
        making.state = UInt16(SILT_THREAD_MAKING.rawValue)
        let slots = [ended] + threads.flatMap { [$0, making] }
        return bytes(
            kind: SILT_KIND_LIVE, live: table, threads: slots, ring: ring, ringUsed: events.count, slack: slack)
    }

    /// A dump: the same, packed.
    func dump() -> [UInt8] {
        var copy = self
        copy.header.reason = SILT_REASON_SIGNAL.rawValue
        copy.header.sequence = 2
        copy.header.dump_realtime = header.start_realtime + 60_000_000_000
        copy.header.dump_monotonic = header.start_monotonic + 60_000_000_000
        copy.header.rss = 300_000_000
        copy.header.memory_limit = 2_147_483_648
        copy.header.threads = 4
        let ring = Array(events.suffix(ringCapacity))
        var bytes = copy.bytes(
            kind: SILT_KIND_DUMP, live: live, threads: threads, ring: ring, ringUsed: ring.count, slack: 0)
        bytes.seal()
        return bytes
    }

    private func bytes(
        kind: silt_kind, live: [silt_live], threads: [silt_thread_record], ring: [silt_event], ringUsed: Int, slack: Int
    ) -> [UInt8] {
        var header = header
        header.kind = UInt16(kind.rawValue)
        header.exe_size = UInt32(exe.utf8.count)
        var file = [UInt8](repeating: 0, count: Format.headerSize)
        file.store(header, at: 0)
        file.replace(at: 72, with: bootID)
        file.replace(at: 120, with: Array(comm.utf8.prefix(15)))
        file.replace(at: 3072, with: Array(exe.utf8))
        for loss in losses { file.store(loss.count, at: 256 + 16 * loss.reason) }
        file.addRegion(.strings, strings, slack: slack)
        file.addRegion(.modules, modules, slack: slack)
        file.addRegion(.stacks, words, slack: slack)
        file.addRegion(.sites, sites, slack: slack)
        file.addRegion(.live, live, slack: slack)
        file.addRegion(.ring, ring, used: ringUsed, slack: 0)
        if recordsMappings {
            // As after an unmapping, and while one is changed.
            let busy = silt_mapping(
                address: UInt64(SILT_LIVE_BUSY), size: 4096, time: 1, stack: 139, thread: 1, protection: 3, flags: 2,
                check: 0, reserved: 0)
            let table = kind == SILT_KIND_LIVE ? [silt_mapping(), busy] + mappings : mappings
            file.addRegion(.mappings, table, slack: slack)
        }
        if !labels.isEmpty { file.addRegion(.labels, labels, slack: slack) }
        file.addRegion(.threads, threads, slack: slack)
        file.addRegion(.frames, frames, slack: slack)
        if kind == SILT_KIND_DUMP {
            for region in FormatVersion.four.regions + [.labels, .mappings] {
                file.store(UInt64(0), at: [UInt8].place(of: region, 32))
            }
        }
        return file
    }
}

extension [UInt8] {
    /// The place of a region's descriptor field: 0 offset, 8 capacity, 16 element size, 24 used, 32 backed, 40 checksum.
    static func place(of region: RegionKind, _ field: Int) -> Int { 1536 + 64 * region.rawValue + field }

    /// Stores the checksums of a dump, as far as its regions are where their descriptors say.
    mutating func seal() {
        for index in 0..<24 {
            let place = 1536 + 64 * index
            guard let offset = load(UInt64.self, at: place), let capacity = load(UInt64.self, at: place + 8),
                let size = load(UInt32.self, at: place + 16), size > 0,
                case let (length, false) = capacity.multipliedReportingOverflow(by: UInt64(size)),
                offset <= UInt64(count), length <= UInt64(count) - offset
            else { continue }
            store(checksum(Int(offset)..<Int(offset + length)), at: place + 40)
        }
        store(UInt64(0), at: 32)
        store(checksum(0..<4096), at: 32)
    }

    private func checksum(_ range: Range<Int>) -> UInt64 {
        // SILT_CHECKSUM_START. Safe: the function reads what the array has.
        unsafe Array(self[range]).withUnsafeBytes {
            unsafe silt_checksum(0x5349_4c54_5355_4d34, $0.baseAddress, UInt64($0.count))
        }
    }

    /// Where the element `index` of a region lies.
    func place(ofElement index: Int, in region: RegionKind) -> Int {
        Int(load(UInt64.self, at: Self.place(of: region, 0)) ?? 0) + index * region.elementSize
    }

    mutating func replace(at offset: Int, with bytes: [UInt8]) {
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    mutating func addRegion<Item: BitwiseCopyable>(
        _ kind: RegionKind, _ items: [Item], used: Int? = nil, slack: Int
    ) {
        self += repeatElement(0, count: (64 - count % 64) % 64)
        let stride = MemoryLayout<Item>.stride
        let start = count
        var region = silt_region()
        region.offset = UInt64(start)
        region.capacity = UInt64(items.count + slack)
        region.element_size = UInt32(kind.elementSize)
        region.used = UInt64(used ?? items.count)
        region.backed = UInt64((items.count + slack) * stride)
        self += repeatElement(0, count: (items.count + slack) * stride)
        for (index, item) in items.enumerated() { store(item, at: start + index * stride) }
        store(region, at: Self.place(of: kind, 0))
    }
}
