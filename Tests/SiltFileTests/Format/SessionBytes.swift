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
    /// Word 0 is never a stack.
    var words: [UInt64] = [0]
    /// Index 0 is never a site.
    var sites: [silt_site] = [silt_site()]
    var live: [silt_live] = []
    /// In the order in which they happened, from the first.
    var events: [silt_event] = []
    var ringCapacity = 8
    var threads: [silt_thread_record] = []

    init() {
        header.magic = Format.magic.load(UInt64.self, at: 0) ?? 0
        header.version = SILT_VERSION
        header.header_size = SILT_HEADER_SIZE
        header.byte_order = SILT_BYTE_ORDER
        header.machine = 62
        header.page_size = 4096
        header.pid = 4242
        header.interval = 524_288
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
        let other = session.addStack([0x40_4444], end: SILT_END_UNWIND.rawValue | UInt32(SILT_END_GUESSED), epoch: 1)
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
        module.start = addresses.lowerBound
        module.end = addresses.upperBound
        module.bias = addresses.lowerBound
        module.text_start = addresses.lowerBound + 0x1000
        module.text_end = addresses.upperBound
        module.text_offset = 0x1000
        module.path = UInt32(strings.count)
        module.path_size = UInt32(path.utf8.count)
        module.last_epoch = UInt32.max
        module.build_id_size = UInt32(buildID.count)
        module.published = 1
        // Safe: the array in the struct has 32 bytes, and no build id here is longer.
        unsafe withUnsafeMutableBytes(of: &module.build_id) { unsafe $0.copyBytes(from: buildID) }
        strings += Array(path.utf8) + [0]
        modules.append(module)
    }

    /// - Returns: the stack's id.
    mutating func addStack(_ pcs: [UInt64], end: UInt32 = 0, epoch: UInt32 = 0) -> UInt32 {
        let id = UInt32(words.count)
        // Safe: the function reads as many elements as the array has.
        let hash = unsafe silt_stack_hash(pcs, UInt32(pcs.count), end, epoch)
        words.append(UInt64(hash) << 32)
        words.append(UInt64(pcs.count) | UInt64(end) << 16 | UInt64(epoch) << 32)
        words += pcs
        return id
    }

    /// - Returns: the site's id.
    mutating func addSite(_ stack: UInt32, size: UInt64, allocObjects: UInt64, freeObjects: UInt64) -> UInt32 {
        var site = silt_site()
        site.stack = stack
        site.size_class = silt_size_class(size)
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
        return copy.bytes(
            kind: SILT_KIND_DUMP, live: live, threads: threads, ring: ring, ringUsed: ring.count, slack: 0)
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
        file.replace(at: 1024, with: Array(exe.utf8))
        for loss in losses { file.store(loss.count, at: 256 + 16 * loss.reason) }
        file.addRegion(.strings, strings, slack: slack)
        file.addRegion(.modules, modules, slack: slack)
        file.addRegion(.stacks, words, slack: slack)
        file.addRegion(.sites, sites, slack: slack)
        file.addRegion(.live, live, slack: slack)
        file.addRegion(.ring, ring, used: ringUsed, slack: 0)
        file.addRegion(.threads, threads, slack: slack)
        if kind == SILT_KIND_DUMP {
            for region in RegionKind.allCases { file.store(UInt64(0), at: [UInt8].place(of: region, 32)) }
        }
        return file
    }
}

extension [UInt8] {
    /// The place of a region's descriptor field: 0 offset, 8 capacity, 16 element size, 24 used, 32 backed.
    static func place(of region: RegionKind, _ field: Int) -> Int { 512 + 64 * region.rawValue + field }

    /// Where the element `index` of a region lies.
    func place(ofElement index: Int, in region: RegionKind) -> Int {
        Int(load(UInt64.self, at: Self.place(of: region, 0)) ?? 0) + index * region.elementSize
    }

    mutating func replace(at offset: Int, with bytes: [UInt8]) {
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    fileprivate mutating func addRegion<Item: BitwiseCopyable>(
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
