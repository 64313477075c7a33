// SPDX-License-Identifier: Apache-2.0
//
// Profile → pprof's profile.proto, in the conventions of Go's heap profiles, so that `go tool pprof` and every
// server that reads pprof show it well. It writes what the profile holds and never estimates, filters or merges.

package import SiltProfile
internal import SiltReport
internal import SiltSymbols

extension Profile {
    /// The profile as a pprof file.
    ///
    /// Values are rounded one by one to whole numbers, so that what did not change cancels exactly under `-base`.
    /// A diff is written with its negative values; nothing else has any. Locations keep their run-time addresses; with
    /// the mappings, pprof finds the ELF addresses by itself. A duration is written of changes only: Parca takes a
    /// profile that has one for a change.
    ///
    /// - Parameters:
    ///   - symbols: false leaves out all names, so that pprof or a server looks them up in its own binaries.
    ///   - defaultSampleType: the kind that pprof shows first; nil means the last, as in Go's `/heap`.
    ///   - dropFrames: a pattern of functions that pprof leaves out, with what they call.
    ///   - compressed: whether the file is gzipped, as every tool expects of a file; false gives the bare message.
    /// - Complexity: linear in the size of the profile.
    package func pprof(
        symbols: Bool = true, defaultSampleType: String? = nil, dropFrames: String? = nil, compressed: Bool = true
    ) -> [UInt8] {
        var encoder = PprofEncoder(profile: self, symbols: symbols)
        let message = encoder.encode(defaultSampleType: defaultSampleType, dropFrames: dropFrames)
        return compressed ? Gzip.pack(message) : message
    }

    /// What is sampled, and how often, by the names that Go has for it: servers know profiles by these.
    var pprofPeriod: (type: Kind, length: UInt64) {
        if kinds.contains(.threads) { return (.goroutine, 1) }
        let space = Kind(name: "space", unit: "bytes")
        if kinds.isEmpty || kinds.contains(where: { $0.unit == "bytes" }) { return (space, interval) }
        return (kinds[0], 1)
    }

    /// Indices of the mappings with the executable's first: pprof takes the first one for the main binary.
    fileprivate var mappingOrder: [Int] {
        guard let exe = processes.first?.exe, let main = mappings.firstIndex(where: { $0.path == exe }) else {
            return Array(mappings.indices)
        }
        return [main] + mappings.indices.filter { $0 != main }
    }
}

/// The state of one encoding: the output, and the tables that grow with it.
private struct PprofEncoder {
    let profile: Profile
    let symbols: Bool
    private let mappingOrder: [Int]
    /// By index in the profile; 1 for the main binary.
    private var mappingIDs: [UInt64]
    private var output = ProtobufWriter()
    private var strings = Interner<String>()
    private var functions = Interner<Function>()

    private struct Function: Hashable {
        var name: String?
        var systemName: String?
        var file: String?
        var startLine: Int
    }

    init(profile: Profile, symbols: Bool) {
        self.profile = profile
        self.symbols = symbols
        // The format wants the empty string first.
        _ = strings.index(of: "")
        mappingOrder = profile.mappingOrder
        mappingIDs = Array(repeating: 0, count: mappingOrder.count)
        for (position, index) in mappingOrder.enumerated() { mappingIDs[index] = UInt64(position) + 1 }
    }

    mutating func encode(defaultSampleType: String?, dropFrames: String?) -> [UInt8] {
        for kind in profile.kinds { valueType(PprofSchema.Profile.sampleType, kind) }
        encodeSamples()
        encodeMappings()
        encodeLocations()
        encodeFunctions()
        let comments = profile.processes.map(PprofComment.text) + profile.notes.map(\.sentence)
        let commentIndices = comments.map { UInt64(string($0)) }
        let defaultIndex = string(defaultSampleType)
        output.field(PprofSchema.Profile.dropFrames, string(dropFrames))
        // Without a period type, pprof crashes under -base.
        let period = profile.pprofPeriod
        valueType(PprofSchema.Profile.periodType, period.type)
        output.field(PprofSchema.Profile.period, period.length)
        output.field(PprofSchema.Profile.timeNanos, profile.time)
        output.field(PprofSchema.Profile.durationNanos, profile.isChange ? profile.duration : 0)
        if !commentIndices.isEmpty { output.packed(PprofSchema.Profile.comment, commentIndices) }
        output.field(PprofSchema.Profile.defaultSampleType, defaultIndex)
        for string in strings.values { output.element(PprofSchema.Profile.stringTable, string) }
        return output.bytes
    }

    private mutating func string(_ string: String?) -> Int64 {
        string.map { Int64(strings.index(of: $0)) } ?? 0
    }

    private mutating func valueType(_ field: Int, _ kind: Profile.Kind) {
        let type = string(kind.name)
        let unit = string(kind.unit)
        output.message(field) {
            $0.field(PprofSchema.ValueType.type, type)
            $0.field(PprofSchema.ValueType.unit, unit)
        }
    }

    private mutating func encodeSamples() {
        let bytesKey = string(PprofLabel.bytes)
        let isChange = profile.isChange
        for sample in profile.samples {
            let labels = stringLabels(of: sample)
            output.message(PprofSchema.Profile.sample) { message in
                message.packed(PprofSchema.Sample.locationID, sample.locations.lazy.map { UInt64($0) + 1 })
                message.packed(
                    PprofSchema.Sample.value,
                    sample.values.lazy.map { UInt64(bitPattern: pprofFigure($0.value, isChange: isChange)) })
                for (key, value) in labels {
                    message.message(PprofSchema.Sample.label) {
                        $0.field(PprofSchema.Label.key, key)
                        $0.field(PprofSchema.Label.string, value)
                    }
                }
                if sample.blockSize != 0 {
                    message.message(PprofSchema.Sample.label) {
                        $0.field(PprofSchema.Label.key, bytesKey)
                        $0.field(PprofSchema.Label.number, sample.blockSize)
                    }
                }
            }
        }
    }

    /// Servers store a series for every string label, so a label is written only where it is needed.
    private mutating func stringLabels(of sample: Profile.Sample) -> [(key: Int64, value: Int64)] {
        var labels: [(key: Int64, value: Int64)] = []
        if let reason = sample.truncated {
            labels.append((string(PprofLabel.truncated), string(reason.words)))
        }
        if sample.isGuessed { labels.append((string(PprofLabel.guessed), string("callers"))) }
        if profile.processes.count > 1 {
            let process = profile.processes[sample.process]
            labels.append((string(PprofLabel.process), string(process.name)))
            if let pid = process.pid { labels.append((string(PprofLabel.pid), string(String(pid)))) }
        }
        return labels
    }

    private mutating func encodeMappings() {
        var resolved = [Resolution](repeating: Resolution(), count: profile.mappings.count)
        var isUsed = [Bool](repeating: false, count: profile.mappings.count)
        if symbols {
            for location in profile.locations {
                guard let mapping = location.mapping else { continue }
                isUsed[mapping] = true
                resolved[mapping].add(location.frames)
            }
            // Where there is nothing to look for, all is found.
            for index in resolved.indices where !isUsed[index] { resolved[index].functions = true }
        }
        for index in mappingOrder {
            let mapping = profile.mappings[index]
            let path = string(mapping.path)
            let buildID = string(mapping.buildID)
            output.message(PprofSchema.Profile.mapping) {
                $0.field(PprofSchema.Mapping.id, mappingIDs[index])
                $0.field(PprofSchema.Mapping.memoryStart, mapping.addresses.lowerBound)
                $0.field(PprofSchema.Mapping.memoryLimit, mapping.addresses.upperBound)
                $0.field(PprofSchema.Mapping.fileOffset, mapping.fileOffset)
                $0.field(PprofSchema.Mapping.filename, path)
                $0.field(PprofSchema.Mapping.buildID, buildID)
                $0.field(PprofSchema.Mapping.hasFunctions, resolved[index].functions)
                $0.field(PprofSchema.Mapping.hasFilenames, resolved[index].files)
                $0.field(PprofSchema.Mapping.hasLineNumbers, resolved[index].lines)
                $0.field(PprofSchema.Mapping.hasInlineFrames, resolved[index].inlines)
            }
        }
    }

    private mutating func encodeLocations() {
        for (index, location) in profile.locations.enumerated() {
            let lines = symbols ? location.frames.compactMap { frame in function(frame).map { ($0, frame.line) } } : []
            output.message(PprofSchema.Profile.location) { message in
                message.field(PprofSchema.Location.id, UInt64(index) + 1)
                message.field(PprofSchema.Location.mappingID, location.mapping.map { mappingIDs[$0] } ?? 0)
                message.field(PprofSchema.Location.address, location.address)
                for (function, line) in lines {
                    message.message(PprofSchema.Location.line) {
                        $0.field(PprofSchema.Line.functionID, function)
                        $0.field(PprofSchema.Line.line, Int64(line))
                    }
                }
            }
        }
    }

    /// The id of a frame's function; nil for a frame without any name.
    private mutating func function(_ frame: Frame) -> UInt64? {
        if frame.function == nil, frame.systemName == nil, frame.file == nil { return nil }
        let key = Function(
            name: frame.function ?? frame.systemName, systemName: frame.systemName, file: frame.file,
            startLine: frame.startLine)
        return UInt64(functions.index(of: key)) + 1
    }

    private mutating func encodeFunctions() {
        for (index, function) in functions.values.enumerated() {
            let name = string(function.name)
            // Left empty when it is not known: pprof takes a system name equal to the name for a mangled one, and
            // would strip the parameters from it.
            let systemName = string(function.systemName)
            let file = string(function.file)
            output.message(PprofSchema.Profile.function) {
                $0.field(PprofSchema.Function.id, UInt64(index) + 1)
                $0.field(PprofSchema.Function.name, name)
                $0.field(PprofSchema.Function.systemName, systemName)
                $0.field(PprofSchema.Function.filename, file)
                $0.field(PprofSchema.Function.startLine, Int64(function.startLine))
            }
        }
    }
}

/// What is known of a mapping's locations; pprof does not look for names where `functions` is set.
private struct Resolution {
    var functions = false
    var files = false
    var lines = false
    var inlines = false

    mutating func add(_ frames: [Frame]) {
        for frame in frames {
            if frame.function != nil || frame.systemName != nil { functions = true }
            if frame.file != nil { files = true }
            if frame.line > 0 { lines = true }
        }
        if frames.count > 1 { inlines = true }
    }
}

/// A figure as servers take it: they drop a whole sample for one that is negative, unless it is of a change.
func pprofFigure(_ value: Double, isChange: Bool) -> Int64 {
    isChange ? rounded(value) : max(0, rounded(value))
}

/// The nearest whole number that an Int64 can hold; not-a-number becomes 0.
private func rounded(_ value: Double) -> Int64 {
    let nearest = value.rounded()
    if let exact = Int64(exactly: nearest) { return exact }
    if nearest.isNaN { return 0 }
    return nearest < 0 ? .min : .max
}
