// SPDX-License-Identifier: Apache-2.0
//
// The header: read with every field checked that anything depends on, and written for a dump. Up to the losses both
// versions have the same layout, but for two fields: where version 4 has the checksum and the number of the interval,
// version 3 has the interval and the epoch.

import CSiltFormat
import SiltHost

extension Format {
    /// Reads a header from the first bytes of a file.
    ///
    /// - Throws: ``FileError`` for what is not a whole header of a known version with sensible fields.
    static func header(_ bytes: [UInt8], path: String) throws(FileError) -> Header {
        if bytes.isEmpty { throw .empty(path: path) }
        let start = Array(bytes.prefix(magic.count))
        if start == Array(magic.reversed()) { throw .wrongByteOrder(path: path, offset: 0) }
        guard start == Array(magic.prefix(start.count)) else { throw .notSilt(path: path, found: start) }
        guard bytes.count >= headerSize, let raw = bytes.load(silt_header.self, at: 0) else {
            throw .truncated(path: path, offset: 0, needed: UInt64(headerSize), available: UInt64(bytes.count))
        }
        if raw.byte_order == UInt32(SILT_BYTE_ORDER).byteSwapped {
            throw .wrongByteOrder(path: path, offset: UInt64(offset(\.byte_order)))
        }
        guard let version = FormatVersion(rawValue: raw.version) else {
            throw .unsupportedVersion(path: path, found: raw.version)
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
        guard let state = state(raw.state) else { throw corrupt("state", \.state, raw.state, "1, 2 or 3") }
        guard let unwind = unwind(raw.unwind) else {
            throw corrupt("unwind", \.unwind, raw.unwind, "1, 2 or 3")
        }
        try check(raw.pid >= 1 && raw.pid <= Int32.max, "pid", \.pid, raw.pid, "a process's number")
        try check(raw.exe_size <= SILT_EXE_MAX, "exe_size", \.exe_size, raw.exe_size, "at most \(SILT_EXE_MAX)")
        let intervals = try intervals(bytes, version: version, path: path)
        let now = version == .four ? raw.interval_now : 0
        try check(
            now < intervals.count, "interval_now", \.interval_now, now, "at most \(intervals.count - 1)")
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
        let comm = bytes[offset(\.comm)...].prefix(16).prefix { $0 != 0 }
        let exe = bytes[exeOffset(version)...].prefix(Int(raw.exe_size))
        var header = Header(
            kind: kind, state: state, pid: raw.pid, pidStartTicks: raw.pid_start_ticks,
            pidNamespace: raw.pid_namespace, bootID: Array(bytes[offset(\.boot_id)...].prefix(16)), uid: raw.uid,
            comm: pathText(comm), exe: pathText(exe),
            interval: intervals[Int(now)], startRealtime: raw.start_realtime,
            startMonotonic: raw.start_monotonic, unwind: unwind, flags: Header.Flags(rawValue: raw.flags),
            signal: raw.signal == 0 ? nil : raw.signal, dumps: raw.dumps, dump: dump, version: version.rawValue)
        header.intervals = intervals
        if version == .four {
            header.ceiling = ceiling(raw)
            header.startedAs = pathText(bytes[offset(\.started_as)...].prefix(64).prefix { $0 != 0 })
        }
        return header
    }

    /// The intervals that have been in force; never none.
    private static func intervals(
        _ bytes: [UInt8], version: FormatVersion, path: String
    ) throws(FileError) -> [UInt64] {
        func corrupt(_ field: String, _ offset: Int, _ value: UInt64, _ expected: String) -> FileError {
            .corrupt(path: path, field: field, offset: UInt64(offset), value: value, expected: expected)
        }
        switch version {
        case .three:
            let place = MemoryLayout<silt_header_3>.offset(of: \.interval) ?? 0
            let interval = bytes.load(UInt64.self, at: place) ?? 0
            guard interval >= 1 else { throw corrupt("interval", place, interval, "at least 1") }
            return [interval]
        case .four:
            let place = offset(\.interval)
            let last = bytes.load(UInt32.self, at: place) ?? 0
            guard last < SILT_INTERVALS else {
                throw corrupt("interval", place, UInt64(last), "less than \(SILT_INTERVALS)")
            }
            var intervals: [UInt64] = []
            for index in 0...Int(last) {
                let entry = offset(\.intervals) + index * MemoryLayout<silt_interval>.size
                let interval = bytes.load(UInt64.self, at: entry) ?? 0
                guard interval >= 1 else { throw corrupt("intervals[\(index)]", entry, interval, "at least 1") }
                intervals.append(interval)
            }
            return intervals
        }
    }

    private static func ceiling(_ raw: silt_header) -> Header.Ceiling? {
        guard raw.max_overhead > 0 else { return nil }
        return Header.Ceiling(
            share: Double(raw.max_overhead) / 1e6, changes: raw.interval_changes,
            measured: raw.overhead_cpu == 0 ? nil : Double(raw.overhead_time) / Double(raw.overhead_cpu))
    }

    /// What the shim says it lost; only reasons that occurred.
    static func losses(_ header: [UInt8], version: FormatVersion) -> [Loss] {
        let count = version == .three ? Int(SILT_LOST_COUNT_3) : Int(SILT_LOST_COUNT.rawValue)
        return Loss.Reason.allCases.filter { $0.rawValue < count }.compactMap { reason in
            let lost = self.count(header, at: offset(\.lost), index: reason.rawValue)
            return lost.map { Loss(reason: reason, count: $0.count, bytes: $0.bytes) }
        }
    }

    /// Samples by the tier that their stacks were kept in; only tiers that occurred.
    static func shortened(_ header: [UInt8], version: FormatVersion) -> [Stack.Tier: SampleCount] {
        guard version == .four else { return [:] }
        var result: [Stack.Tier: SampleCount] = [:]
        for tier in Stack.Tier.allCases where tier != .whole {
            result[tier] = count(header, at: offset(\.tiers), index: tier.rawValue)
        }
        return result
    }

    static func missedFrees(_ header: [UInt8], version: FormatVersion) -> SampleCount {
        let none = SampleCount(count: 0, bytes: 0)
        return version == .four ? count(header, at: offset(\.missed_frees), index: 0) ?? none : none
    }

    /// Nil: nothing was counted.
    private static func count(_ header: [UInt8], at offset: Int, index: Int) -> SampleCount? {
        let place = offset + index * MemoryLayout<silt_count>.size
        guard let raw = header.load(silt_count.self, at: place), raw.count != 0 || raw.bytes != 0 else { return nil }
        return SampleCount(count: raw.count, bytes: raw.bytes)
    }

    /// Whether the checksum of a dump's header holds.
    static func isIntact(header bytes: [UInt8]) -> Bool {
        let stored = bytes.load(UInt64.self, at: offset(\.checksum)) ?? 0
        return checksum(ofHeader: bytes) == stored
    }

    /// Damage is handed on: a fresh checksum would vouch for it.
    private static func checksum(of content: [UInt8], isDamaged: Bool) -> UInt64 {
        isDamaged ? ~checksum(content) : checksum(content)
    }

    private static func checksum(ofHeader bytes: [UInt8]) -> UInt64 {
        var bytes = Array(bytes.prefix(headerSize))
        bytes.store(UInt64(0), at: offset(\.checksum))
        return checksum(bytes)
    }

    /// The header of a dump made from a session with the header `bytes`, and its regions packed behind it.
    static func pack(
        header bytes: [UInt8], version: FormatVersion, dump: Header.Dump, regions: [RegionKind: [UInt8]],
        damaged: [RegionKind?]
    ) -> [UInt8] {
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
        // A region that is not packed, be it of a kind that is not known here, is not there.
        let count = version == .three ? Int(SILT_REGION_COUNT_3) : Int(SILT_REGION_COUNT.rawValue)
        for index in 0..<count {
            packed.store(silt_region(), at: version.regionsOffset + index * RegionDescriptor.size)
        }
        for kind in RegionKind.allCases {
            guard let content = regions[kind] else { continue }
            packed += repeatElement(0, count: (alignment - packed.count % alignment) % alignment)
            var descriptor = RegionDescriptor(
                packed: content, at: packed.count, elementSize: version.elementSize(of: kind))
            if version == .four { descriptor.checksum = checksum(of: content, isDamaged: damaged.contains(kind)) }
            descriptor.store(in: &packed, at: version.descriptorOffset(of: kind))
            packed += content
        }
        if version == .four {
            let sum = checksum(ofHeader: packed)
            packed.store(damaged.contains(nil) ? ~sum : sum, at: offset(\.checksum))
        }
        return packed
    }

    // MARK: Fields

    private static func offset<Value>(_ path: KeyPath<silt_header, Value>) -> Int {
        guard let offset = MemoryLayout<silt_header>.offset(of: path) else { preconditionFailure("not stored") }
        return offset
    }

    private static func exeOffset(_ version: FormatVersion) -> Int {
        version == .three ? MemoryLayout<silt_header_3>.offset(of: \.exe) ?? 0 : offset(\.exe)
    }

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
        case SILT_STATE_EXECED.rawValue: .execed
        case SILT_STATE_SANDBOXED.rawValue: .sandboxed
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
}
