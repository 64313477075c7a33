// SPDX-License-Identifier: Apache-2.0
//
// Makes the checks of a damaged session file hold again: of its records, its stacks, its regions and its header. Without
// it a fuzzer would never come past them. It believes nothing of the file and changes nothing but checks.
//
// Why the `unsafe` expressions are sound: the functions of silt_format.h read the struct or the elements that they are
// given, and keep no pointer.

import CSiltFormat
import SiltHost

/// Where things lie in the bytes of a session file, as far as they are there.
struct SessionLayout {
    /// The part of a region that is in use and within the file.
    struct Region {
        /// Index among the descriptors.
        var kind: UInt32
        var start: Int
        var count: Int
        var elementSize: Int

        /// Where each element starts.
        var places: [Int] { (0..<count).map { start + $0 * elementSize } }
    }

    let isVersion3: Bool
    let isDump: Bool
    let regions: [Region]

    /// Where the descriptors of the regions lie.
    let descriptors: Range<Int>

    init?(_ file: [UInt8]) {
        guard file.count >= Int(SILT_HEADER_SIZE), let header = file.load(silt_header.self, at: 0) else { return nil }
        isVersion3 = header.version == 3
        isDump = UInt32(header.kind) == SILT_KIND_DUMP.rawValue
        let place =
            isVersion3
            ? MemoryLayout<silt_header_3>.offset(of: \.regions) : MemoryLayout<silt_header>.offset(of: \.regions)
        let count = isVersion3 ? Int(SILT_REGION_COUNT_3) : Int(SILT_REGION_COUNT.rawValue)
        let start = place ?? 0
        descriptors = start..<start + count * MemoryLayout<silt_region>.size
        regions = (0..<count).compactMap { kind in
            let raw = file.load(silt_region.self, at: start + kind * MemoryLayout<silt_region>.size)
            guard let raw, raw.element_size > 0, raw.offset <= UInt64(file.count) else { return nil }
            let room = (UInt64(file.count) - raw.offset) / UInt64(raw.element_size)
            let used = min(raw.used, raw.capacity, room)
            return Region(
                kind: UInt32(kind), start: Int(raw.offset), count: Int(used), elementSize: Int(raw.element_size))
        }
    }

    /// Where the elements of a region start; empty if they have not the size that they should have.
    func places<Element>(of kind: silt_region_kind, _ element: Element.Type) -> [Int] {
        let region = regions.first { $0.kind == kind.rawValue && $0.elementSize == MemoryLayout<Element>.size }
        return region?.places ?? []
    }
}

extension [UInt8] {
    /// Repairs the session file that begins at the second byte, as the inputs of ``FuzzTarget/session`` have it.
    package mutating func repairSession() {
        var file = Array(dropFirst())
        guard let layout = SessionLayout(file) else { return }
        file.repairRecords(layout)
        if layout.isVersion3 { file.repairStacks3(layout) } else { file.repairStacks(layout) }
        if layout.isDump && !layout.isVersion3 { file.seal(layout) }
        replaceSubrange(1..., with: file)
    }

    private mutating func repair<Record: BitwiseCopyable>(
        _ kind: silt_region_kind, _ layout: SessionLayout, _ change: (inout Record) -> Void
    ) {
        for place in layout.places(of: kind, Record.self) {
            guard var record = load(Record.self, at: place) else { continue }
            change(&record)
            store(record, at: place)
        }
    }

    private mutating func repairRecords(_ layout: SessionLayout) {
        repair(SILT_REGION_LIVE, layout) { (live: inout silt_live) in
            let size = live.size48_check16 & ((1 << 48) - 1)
            let check = silt_live_check(live.address, size, live.time, live.site, live.thread)
            live.size48_check16 = UInt64(check) << 48 | size
        }
        repair(SILT_REGION_RING, layout) { (event: inout silt_event) in event.check = unsafe silt_event_check(&event) }
        repair(SILT_REGION_THREADS, layout) { (thread: inout silt_thread_record) in
            thread.check = unsafe silt_thread_check(&thread)
        }
        repair(SILT_REGION_MAPPINGS, layout) { (mapping: inout silt_mapping) in
            mapping.check = unsafe silt_mapping_check(&mapping)
        }
    }

    private mutating func repairStacks(_ layout: SessionLayout) {
        let words = layout.places(of: SILT_REGION_STACKS, UInt32.self)
        let file = self
        repair(SILT_REGION_SITES, layout) { (site: inout silt_site) in
            var ids: [UInt32] = []
            var at = Int(site.stack)
            func word(_ index: Int) -> UInt32 {
                words.indices.contains(index) ? file.load(UInt32.self, at: words[index]) ?? 0 : 0
            }
            while at >= Int(SILT_STACK_ROOTS), ids.count < Int(SILT_MAX_DEPTH) {
                ids.append(word(at))
                at = word(at - 1) & SILT_WORD_LINK == 0 ? at - 1 : Int(word(at - 2) & ~SILT_WORD_LINK)
            }
            site.stack_hash = unsafe silt_stack_hash(ids, UInt32(ids.count), UInt32(at))
        }
    }

    private mutating func repairStacks3(_ layout: SessionLayout) {
        let words = layout.places(of: SILT_REGION_STACKS, UInt64.self)
        for place in layout.places(of: SILT_REGION_SITES, silt_site_3.self) {
            guard let site = load(silt_site_3.self, at: place), words.indices.contains(Int(site.stack)),
                var stack = load(silt_stack_3.self, at: words[Int(site.stack)]), stack.depth <= SILT_MAX_DEPTH
            else { continue }
            let first = words[Int(site.stack)] + MemoryLayout<silt_stack_3>.size
            let pcs = (0..<Int(stack.depth)).map { load(UInt64.self, at: first + $0 * MemoryLayout<UInt64>.size) ?? 0 }
            stack.hash = unsafe silt_stack_hash_3(pcs, UInt32(stack.depth), UInt32(stack.end), stack.epoch)
            store(stack, at: words[Int(site.stack)])
        }
    }

    /// Stores the checksums of a dump.
    private mutating func seal(_ layout: SessionLayout) {
        for region in layout.regions {
            let descriptor = layout.descriptors.lowerBound + Int(region.kind) * MemoryLayout<silt_region>.size
            guard var raw = load(silt_region.self, at: descriptor) else { continue }
            raw.checksum = checksum(region.start..<region.start + region.count * region.elementSize)
            store(raw, at: descriptor)
        }
        guard let place = MemoryLayout<silt_header>.offset(of: \.checksum) else { return }
        store(UInt64(0), at: place)
        store(checksum(0..<Int(SILT_HEADER_SIZE)), at: place)
    }

    private func checksum(_ range: Range<Int>) -> UInt64 {
        // SILT_CHECKSUM_START, which is a macro that Swift cannot import.
        unsafe self[range].withUnsafeBytes {
            unsafe silt_checksum(0x5349_4c54_5355_4d34, $0.baseAddress, UInt64($0.count))
        }
    }
}
