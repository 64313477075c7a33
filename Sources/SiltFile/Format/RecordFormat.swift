// SPDX-License-Identifier: Apache-2.0
//
// The elements of the regions, but for stacks: from the bytes of one element to a value, or to the answer that it is not
// visible yet, or torn. It never looks at two elements together.

import CSiltFormat
import SiltHost

extension Format {
    static func module(_ bytes: [UInt8], at index: Int, strings: [UInt8]) -> Element<Module> {
        let offset = index * MemoryLayout<silt_module>.size
        guard let raw = bytes.load(silt_module.self, at: offset), raw.published != 0 else { return .invisible }
        guard raw.published == 1, raw.start < raw.end, raw.text_start <= raw.text_end,
            // Where it lies, neither range may pass the end of the address space.
            raw.start &+ raw.bias < raw.end &+ raw.bias, raw.text_start &+ raw.bias <= raw.text_end &+ raw.bias,
            raw.build_id_size <= SILT_BUILD_ID_MAX, let path = slice(strings, at: raw.path, count: raw.path_size),
            let buildIDOffset = MemoryLayout<silt_module>.offset(of: \.build_id)
        else { return .torn }
        return .whole(
            Module(
                addresses: raw.start &+ raw.bias..<raw.end &+ raw.bias, bias: raw.bias,
                text: raw.text_start &+ raw.bias..<raw.text_end &+ raw.bias, textFileOffset: raw.text_offset,
                path: pathText(path),
                buildID: Array(bytes[(offset + buildIDOffset)...].prefix(Int(raw.build_id_size)))))
    }

    /// The hash is of the site's stack, see ``StackTree``.
    ///
    /// - Parameters:
    ///   - intervals: those that have been in force.
    ///   - labels: by index.
    static func site(
        _ bytes: [UInt8], at index: Int, intervals: [UInt64], labels: [UInt32: String]
    ) -> Element<(site: Site, hash: UInt32)> {
        guard let raw = bytes.load(silt_site.self, at: index * MemoryLayout<silt_site>.size), raw.stack != 0 else {
            return .invisible
        }
        guard UInt32(raw.size_class) <= silt_size_class(UInt64.max), Int(raw.interval) < intervals.count else {
            return .torn
        }
        let site = Site(
            stack: raw.stack, sizeClass: UInt32(raw.size_class), isCoarse: UInt32(raw.flags) & SILT_SITE_COARSE != 0,
            interval: intervals[Int(raw.interval)], label: labels[raw.label], allocObjects: raw.alloc_objects,
            allocBytes: raw.alloc_bytes, freeObjects: raw.free_objects, freeBytes: raw.free_bytes)
        return .whole((site, raw.stack_hash))
    }

    static func label(_ bytes: [UInt8], at index: Int, strings: [UInt8]) -> Element<String> {
        guard let raw = bytes.load(silt_label.self, at: index * MemoryLayout<silt_label>.size), raw.text_size != 0
        else {
            return .invisible
        }
        guard let text = slice(strings, at: raw.text, count: raw.text_size) else { return .torn }
        return .whole(String(decoding: text, as: UTF8.self))
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
                stack: raw.stack, thread: raw.thread == 0 ? nil : raw.thread,
                creator: raw.creator, time: raw.time, stackSize: raw.stack_size, handle: known(raw.handle),
                name: name.isEmpty ? nil : String(decoding: name, as: UTF8.self)))
    }

    static func mapping(_ bytes: [UInt8], at index: Int) -> Element<MappingRecord> {
        guard var raw = bytes.load(silt_mapping.self, at: index * MemoryLayout<silt_mapping>.size),
            raw.address != SILT_LIVE_EMPTY, raw.address != SILT_LIVE_BUSY
        else { return .invisible }
        let (end, overflows) = raw.address.addingReportingOverflow(raw.size)
        // Safe: the function reads the one struct, and keeps no pointer.
        guard unsafe silt_mapping_check(&raw) == raw.check, raw.size > 0, !overflows else { return .torn }
        return .whole(
            MappingRecord(
                addresses: raw.address..<end, stack: raw.stack, thread: raw.thread, time: raw.time,
                protection: raw.protection, flags: raw.flags == 0 ? nil : raw.flags))
    }

    private static func operation(_ raw: UInt32) -> Event.Operation? {
        switch raw {
        case SILT_OP_ALLOC.rawValue: .alloc
        case SILT_OP_FREE.rawValue: .free
        default: nil
        }
    }
}
