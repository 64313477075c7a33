// SPDX-License-Identifier: Apache-2.0
//
// What was read of a heap profile in text form becomes a profile. It decides which figures there are, whether some are
// missing, and where each address lies; it reads no text.

internal import SiltProfile
internal import SiltSymbols

struct LegacyProfileBuilder {
    private struct RowKey: Hashable {
        var stack: [Int]
        /// 0 where blocks may differ in size.
        var size: UInt64
    }

    private let reader: LegacyReader
    private let hasAllocated: Bool
    /// Whether the writer has weighed each sample, so that stacks do not add up to what it says of all.
    private let isWeighed: Bool
    /// What the file counts and no stack holds.
    private let missing: LegacyFigures

    /// - Throws: ``LegacyError`` if the stacks hold more than they can, or less and the file has no end.
    init(_ reader: LegacyReader) throws(LegacyError) {
        self.reader = reader
        let sum = reader.sum
        guard let total = reader.total else { throw LegacyError(.truncated, line: 1) }
        // Each stack is weighed by its own average, and so is the sum, by another one.
        isWeighed = reader.header.layout == .stackBeforeFigures && sum != total
        hasAllocated = total.allocated.count > 0 && total.allocated != total.inUse
        var missing = LegacyFigures()
        if sum != total {
            guard reader.hasMappings else { throw LegacyError(.truncated, line: 1) }
            if !isWeighed {
                guard let inUse = sum.inUse.missing(to: total.inUse),
                    let allocated = sum.allocated.missing(to: total.allocated)
                else { throw LegacyError(.exceedsTotal, line: 1) }
                missing.inUse = inUse
                missing.allocated = allocated
            }
        }
        self.missing = missing
    }

    func profile(symbols: any FrameSource) -> Profile {
        var profile = Profile(kinds: hasAllocated ? Profile.Kind.heap : [.inuseObjects, .inuseSpace])
        profile.interval = reader.header.interval
        addSamples(to: &profile)
        addPlaces(to: &profile, symbols: symbols)
        profile.processes = PprofProcesses().list(main: reader.mappings.first)
        addNotes(to: &profile, symbols: symbols)
        return profile
    }

    private func addSamples(to profile: inout Profile) {
        var figures: [LegacyFigures] = []
        var keys = Interner<RowKey>()
        for row in reader.rows {
            let key = RowKey(stack: row.stack, size: size(of: row.figures))
            let number = keys.index(of: key)
            if number == figures.count { figures.append(LegacyFigures()) }
            // Part of a sum that fitted.
            try? figures[number].add(row.figures)
        }
        for (key, figures) in zip(keys.values, figures) {
            let values = values(of: figures, size: key.size)
            if values.allSatisfy({ $0.value == 0 && $0.samples == 0 }) { continue }
            profile.samples.append(
                Profile.Sample(
                    locations: key.stack, values: values, blockSize: key.size,
                    truncated: key.stack.isEmpty ? .notRecorded : nil))
        }
        if missing != LegacyFigures() {
            profile.samples.append(
                Profile.Sample(locations: [], values: values(of: missing, size: 0), truncated: .notRecorded))
        }
    }

    /// The size of all blocks of a row; 0: it is not known, or they differ.
    private func size(of figures: LegacyFigures) -> UInt64 {
        let all = figures.allocated.count > 0 ? figures.allocated : figures.inUse
        guard reader.header.sizes == .equal || all.count == 1, !isWeighed, all.count > 0 else { return 0 }
        return all.bytes / all.count
    }

    private func values(of figures: LegacyFigures, size: UInt64) -> [Estimate] {
        // Rows of one size are of single samples, or of a writer that has a row for each size.
        let estimator = LegacyEstimator(
            interval: reader.header.interval, sizes: size > 0 ? .equal : reader.header.sizes, isAveraged: !isWeighed)
        let inUse = estimator.estimates(figures.inUse, usualSize: figures.allocated.averageSize)
        guard hasAllocated else { return [inUse.objects, inUse.bytes] }
        let allocated = estimator.estimates(figures.allocated, usualSize: figures.allocated.averageSize)
        return [allocated.objects, allocated.bytes, inUse.objects, inUse.bytes]
    }

    private func addPlaces(to profile: inout Profile, symbols: any FrameSource) {
        let order = reader.mappings.indices.sorted {
            reader.mappings[$0].addresses.lowerBound < reader.mappings[$1].addresses.lowerBound
        }
        profile.mappings = reader.mappings
        profile.locations = reader.addresses.values.map { address in
            Profile.Location(
                address: address, mapping: mapping(of: address, in: order),
                frames: reader.frames[address].map { [$0] } ?? [])
        }
        var unnamed: [Int: [Int]] = [:]
        for (index, location) in profile.locations.enumerated() where location.frames.isEmpty {
            if let mapping = location.mapping { unnamed[mapping, default: []].append(index) }
        }
        for (mapping, locations) in unnamed.sorted(by: { $0.key < $1.key }) {
            let file = profile.mappings[mapping]
            let module = symbols.module(mapping: file.addresses, offset: file.fileOffset, of: file.path)
            let frames = symbols.frames(at: locations.map { profile.locations[$0].address }, in: module)
            for (location, frames) in zip(locations, frames) { profile.locations[location].frames = frames }
        }
    }

    /// - Parameter order: of the mappings by their addresses.
    private func mapping(of address: UInt64, in order: [Int]) -> Int? {
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            if reader.mappings[order[middle]].addresses.upperBound <= address {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low < order.count && reader.mappings[order[low]].addresses.contains(address) ? order[low] : nil
    }

    private func addNotes(to profile: inout Profile, symbols: any FrameSource) {
        let isSampled = profile.interval != 1
        if profile.interval == 0 { profile.notes.append(.noIntervals) }
        let hasMixed = reader.header.sizes == .mixed && reader.rows.contains { $0.figures.inUse.count > 1 }
        if isSampled, hasMixed, !isWeighed { profile.notes.append(.objectsFromAverages) }
        if profile.locations.contains(where: { $0.mapping != nil && !$0.frames.isEmpty }) {
            profile.notes.append(.namesWithoutBuildIDs)
        }
        profile.notes += symbols.warnings.map(Note.told)
    }
}
