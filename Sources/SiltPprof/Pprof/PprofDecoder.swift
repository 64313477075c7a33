// SPDX-License-Identifier: Apache-2.0
//
// pprof's profile.proto → Profile: Go's heap profiles, jemalloc's and tcmalloc's, Silt's own. The bytes are untrusted:
// every index is checked, and memory is counted against a limit before it is allocated. It never reads a file.

package import SiltProfile
internal import SiltSymbols

extension Profile {
    /// Reads a pprof file, gzipped or bare.
    ///
    /// The kinds are the file's sample types. The variance of a heap profile's figures is computed from block sizes and
    /// period if the file has both. Otherwise an estimate has variance 0 and **0 samples**: its error is not known, and
    /// a note says so. `drop_frames` is not applied, since its pattern is untrusted as the rest of the file is; a note
    /// says that too.
    ///
    /// - Parameter memoryLimit: bytes that the profile may take; a quarter of it for the unpacked file.
    /// - Throws: ``PprofError`` for anything that `go tool pprof` would refuse too, and for content beyond the limit.
    /// - Complexity: linear in the size of the unpacked content.
    package init(pprof bytes: [UInt8], memoryLimit: Int = 1 << 30) throws(PprofError) {
        var decoder = PprofDecoder(bytes: try pprofContent(bytes, limit: memoryLimit / 4), memoryLimit: memoryLimit)
        self = try decoder.decode()
    }
}

/// Whether a file's content is probably a pprof profile: its first bytes are fields as the schema has them.
package func looksLikePprof(_ bytes: [UInt8]) -> Bool {
    let head = Gzip.isGzip(bytes) ? Gzip.peek(bytes, count: 256) : Array(bytes.prefix(256))
    var reader = ProtobufReader(head)
    var messages = 0
    do {
        while let field = try reader.next() {
            guard PprofSchema.isPlausible(field, in: head) else { return false }
            if case .bytes = field.content { messages += 1 }
        }
    } catch {
        // Only the beginning of the file was read, so the last field may be cut.
        return messages > 0 && error.reason == .truncated
    }
    return messages > 0
}

private func pprofContent(_ bytes: [UInt8], limit: Int) throws(PprofError) -> [UInt8] {
    if bytes.isEmpty { throw PprofError(.empty, at: 0) }
    guard Gzip.isGzip(bytes) else {
        if bytes.count > limit { throw PprofError(.tooLarge(limit: limit), at: limit) }
        return bytes
    }
    do {
        return try Gzip.unpack(bytes, limit: limit)
    } catch {
        switch error {
        case .damaged(let offset): throw PprofError(.badGzip, at: offset)
        case .truncated(let offset): throw PprofError(.truncated, at: offset)
        case .tooLarge(let limit): throw PprofError(.tooLarge(limit: limit), at: limit)
        }
    }
}

/// The state of one decoding. Tables may come in any order, so a first pass notes where each message is and reads the
/// strings; the messages are read when everything that they refer to is known.
private struct PprofDecoder {
    private let bytes: [UInt8]
    private let memoryLimit: Int
    private var memory = 0

    private var strings: [String] = []
    private var ranges: [Int: [Range<Int>]] = [:]
    private var numbers: [Int: UInt64] = [:]
    private var comments: [UInt64] = []

    private var functions: [Function] = []
    private var functionIDs = PprofIDs()
    private var mappingIDs = PprofIDs()
    private var locationIDs = PprofIDs()
    private var processes = PprofProcesses()

    private struct Function {
        var name: String?
        var systemName: String?
        var file: String?
        var startLine: Int
    }

    init(bytes: [UInt8], memoryLimit: Int) {
        self.bytes = bytes
        self.memoryLimit = memoryLimit
    }

    mutating func decode() throws(PprofError) -> Profile {
        try scan()
        guard strings.first == "" else { throw PprofError(.badStringTable, at: 0) }
        var profile = Profile(kinds: [])
        for range in messages(PprofSchema.Profile.sampleType) { profile.kinds.append(try valueType(range)) }
        if profile.kinds.isEmpty { throw PprofError(.notPprof, at: 0) }
        for range in messages(PprofSchema.Profile.mapping) { profile.mappings.append(try mapping(range)) }
        for range in messages(PprofSchema.Profile.function) { try function(range) }
        for range in messages(PprofSchema.Profile.location) { profile.locations.append(try location(range)) }
        for range in messages(PprofSchema.Profile.periodType) {
            let type = try valueType(range)
            let isCounted = Profile.Kind.counted.contains(type)
            if isCounted || type.unit == "bytes" { profile.interval = numbers[PprofSchema.Profile.period] ?? 0 }
        }
        profile.time = numbers[PprofSchema.Profile.timeNanos] ?? 0
        profile.duration = numbers[PprofSchema.Profile.durationNanos] ?? 0
        try readComments(into: &profile)
        let samples = messages(PprofSchema.Profile.sample)
        profile.samples.reserveCapacity(samples.count)
        let estimator = PprofEstimator(kinds: profile.kinds, interval: profile.interval)
        for range in samples { profile.samples.append(try sample(range, estimator)) }
        profile.isChange =
            profile.duration > 0 || profile.samples.contains { $0.values.contains { $0.value < 0 } }
        if profile.samples.contains(where: { $0.values.contains { $0.value != 0 && $0.samples == 0 } }) {
            profile.notes.append(.noIntervals)
        }
        profile.processes = processes.list(main: profile.mappings.first)
        return profile
    }

    /// Counts `count` bytes against the limit, before they are allocated.
    private mutating func charge(_ count: Int, at offset: Int) throws(PprofError) {
        memory += count
        if memory > memoryLimit { throw PprofError(.tooLarge(limit: memoryLimit), at: offset) }
    }

    private func messages(_ number: Int) -> [Range<Int>] { ranges[number] ?? [] }

    private mutating func scan() throws(PprofError) {
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            guard let number = Int(exactly: field.number) else { continue }
            switch (number, field.content) {
            case (PprofSchema.Profile.stringTable, .bytes(let range)):
                try charge(range.count + 32, at: field.offset)
                strings.append(String(decoding: bytes[range], as: UTF8.self))
            case (PprofSchema.Profile.comment, _): comments += try integers(field)
            case (PprofSchema.Profile.sampleType...PprofSchema.Profile.periodType, .bytes(let range)):
                try charge(MemoryLayout<Range<Int>>.stride, at: field.offset)
                ranges[number, default: []].append(range)
            case (PprofSchema.Profile.dropFrames...PprofSchema.Profile.defaultSampleType, .varint(let value)):
                numbers[number] = value
            default: continue
            }
        }
    }

    /// The elements of a repeated number that one field holds: all of a packed list, or a single one.
    private mutating func integers(_ field: ProtobufField) throws(PprofError) -> [UInt64] {
        switch field.content {
        case .varint(let value):
            try charge(8, at: field.offset)
            return [value]
        case .bytes(let range):
            var values: [UInt64] = []
            var list = ProtobufReader(bytes, range)
            while let value = try list.nextPacked() {
                try charge(8, at: field.offset)
                values.append(value)
            }
            return values
        case .fixed: throw PprofError(.badField, at: field.offset)
        }
    }

    private func string(_ index: UInt64, at offset: Int) throws(PprofError) -> String {
        guard index < UInt64(strings.count) else { throw PprofError(.unknownString(index), at: offset) }
        return strings[Int(index)]
    }

    private func name(_ index: UInt64, at offset: Int) throws(PprofError) -> String? {
        index == 0 ? nil : try string(index, at: offset)
    }

    /// The varint fields of a small message; the last one of a number counts.
    private func varints(
        _ range: Range<Int>, _ body: (_ number: Int, _ value: UInt64) -> Void
    ) throws(PprofError) {
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            if case .varint(let value) = field.content, field.number < 32 { body(Int(field.number), value) }
        }
    }

    private func valueType(_ range: Range<Int>) throws(PprofError) -> Profile.Kind {
        var type: UInt64 = 0
        var unit: UInt64 = 0
        try varints(range) { number, value in
            if number == PprofSchema.ValueType.type { type = value }
            if number == PprofSchema.ValueType.unit { unit = value }
        }
        let offset = range.lowerBound
        return Profile.Kind(name: try string(type, at: offset), unit: try string(unit, at: offset))
    }

    private mutating func mapping(_ range: Range<Int>) throws(PprofError) -> Profile.Mapping {
        let offset = range.lowerBound
        try charge(MemoryLayout<Profile.Mapping>.stride, at: offset)
        var fields = [UInt64](repeating: 0, count: 32)
        try varints(range) { fields[$0] = $1 }
        try mappingIDs.insert(fields[PprofSchema.Mapping.id], at: offset)
        let start = fields[PprofSchema.Mapping.memoryStart]
        // Some writers leave the limit out.
        let limit = fields[PprofSchema.Mapping.memoryLimit]
        guard limit == 0 || start <= limit else { throw PprofError(.badMapping, at: offset) }
        return Profile.Mapping(
            addresses: start..<max(start, limit), fileOffset: fields[PprofSchema.Mapping.fileOffset],
            path: try string(fields[PprofSchema.Mapping.filename], at: offset),
            buildID: try string(fields[PprofSchema.Mapping.buildID], at: offset))
    }

    private mutating func function(_ range: Range<Int>) throws(PprofError) {
        let offset = range.lowerBound
        try charge(MemoryLayout<Function>.stride, at: offset)
        var fields = [UInt64](repeating: 0, count: 32)
        try varints(range) { fields[$0] = $1 }
        try functionIDs.insert(fields[PprofSchema.Function.id], at: offset)
        functions.append(
            Function(
                name: try name(fields[PprofSchema.Function.name], at: offset),
                systemName: try name(fields[PprofSchema.Function.systemName], at: offset),
                file: try name(fields[PprofSchema.Function.filename], at: offset),
                startLine: line(fields[PprofSchema.Function.startLine])))
    }

    /// A line number; 0 for one that is too large for any file.
    private func line(_ value: UInt64) -> Int {
        Int(UInt32(exactly: value) ?? 0)
    }

    private mutating func location(_ range: Range<Int>) throws(PprofError) -> Profile.Location {
        let offset = range.lowerBound
        try charge(MemoryLayout<Profile.Location>.stride, at: offset)
        var location = Profile.Location(address: 0, mapping: nil, frames: [])
        var id: UInt64 = 0
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch (Int(clamping: field.number), field.content) {
            case (PprofSchema.Location.id, .varint(let value)): id = value
            case (PprofSchema.Location.address, .varint(let value)): location.address = value
            case (PprofSchema.Location.mappingID, .varint(let value)):
                guard value == 0 || mappingIDs[value] != nil else {
                    throw PprofError(.unknownMapping(value), at: field.offset)
                }
                location.mapping = mappingIDs[value]
            case (PprofSchema.Location.line, .bytes(let range)):
                try charge(MemoryLayout<Frame>.stride, at: field.offset)
                location.frames.append(try frame(range))
            default: continue
            }
        }
        try locationIDs.insert(id, at: offset)
        for index in location.frames.indices.dropLast() { location.frames[index].isInlined = true }
        return location
    }

    private func frame(_ range: Range<Int>) throws(PprofError) -> Frame {
        var id: UInt64 = 0
        var line: UInt64 = 0
        try varints(range) { number, value in
            if number == PprofSchema.Line.functionID { id = value }
            if number == PprofSchema.Line.line { line = value }
        }
        guard let index = functionIDs[id] else { throw PprofError(.unknownFunction(id), at: range.lowerBound) }
        let function = functions[index]
        return Frame(
            function: function.name, systemName: function.systemName, file: function.file, line: self.line(line),
            startLine: function.startLine)
    }

    private mutating func sample(
        _ range: Range<Int>, _ estimator: PprofEstimator
    ) throws(PprofError) -> Profile.Sample {
        let offset = range.lowerBound
        let kinds = estimator.kinds
        try charge(MemoryLayout<Profile.Sample>.stride + kinds * MemoryLayout<Estimate>.stride, at: offset)
        var locations: [UInt64] = []
        var values: [UInt64] = []
        var sample = Profile.Sample(locations: [], values: [])
        var process: String?
        var pid: UInt32?
        var reader = ProtobufReader(bytes, range)
        while let field = try reader.next() {
            switch (Int(clamping: field.number), field.content) {
            case (PprofSchema.Sample.locationID, _): locations += try integers(field)
            case (PprofSchema.Sample.value, _): values += try integers(field)
            case (PprofSchema.Sample.label, .bytes(let range)):
                let label = try label(range)
                switch label.key {
                case PprofLabel.bytes: sample.blockSize = label.number
                case PprofLabel.truncated: sample.truncated = label.string.map(Profile.Cut.told)
                case PprofLabel.guessed: sample.isGuessed = true
                case PprofLabel.process: process = label.string
                case PprofLabel.pid: pid = label.string.flatMap { UInt32($0) }
                default: continue
                }
            default: continue
            }
        }
        guard values.count == kinds else {
            throw PprofError(.valueCount(found: values.count, expected: kinds), at: offset)
        }
        sample.locations.reserveCapacity(locations.count)
        for id in locations {
            guard let index = locationIDs[id] else { throw PprofError(.unknownLocation(id), at: offset) }
            sample.locations.append(index)
        }
        sample.values = estimator.estimates(
            values.map { Double(Int64(bitPattern: $0)) }, hasBlockSize: sample.blockSize != 0)
        sample.process = processes.index(name: process, pid: pid)
        return sample
    }

    private func label(
        _ range: Range<Int>
    ) throws(PprofError) -> (key: String, string: String?, number: UInt64) {
        var fields = [UInt64](repeating: 0, count: 32)
        try varints(range) { fields[$0] = $1 }
        let offset = range.lowerBound
        return (
            try string(fields[PprofSchema.Label.key], at: offset),
            try name(fields[PprofSchema.Label.string], at: offset), fields[PprofSchema.Label.number]
        )
    }

    private mutating func readComments(into profile: inout Profile) throws(PprofError) {
        for index in comments {
            let comment = try string(index, at: 0)
            if let process = PprofComment.process(comment) {
                processes.add(process)
            } else {
                profile.notes.append(.told(comment))
            }
        }
        if let pattern = try name(numbers[PprofSchema.Profile.dropFrames] ?? 0, at: 0) {
            profile.notes.append(.asksToHide(pattern: pattern))
        }
    }
}
