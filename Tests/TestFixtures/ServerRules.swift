// SPDX-License-Identifier: Apache-2.0
//
// What Pyroscope, Parca, Alloy and the OpenTelemetry collector refuse or misread, each rule as their sources had it in
// November 2026. It looks at bytes and knows nothing of how we make them.

/// The rules of the servers that take pprof.
package struct ServerRules {
    /// What a profile is to them.
    package enum Meaning: Sendable {
        /// Four figures that hold at one moment.
        case heap
        /// The same, of which a scraper subtracts one from the next.
        case scrapedHeap
        /// Goroutines and their like.
        case count
        /// What changed within a time, as was asked for.
        case change
    }

    /// When it arrives, in nanoseconds since 1970.
    package var now: UInt64

    package init(now: UInt64) { self.now = now }

    private static let hour: UInt64 = 3_600_000_000_000

    /// Each rule that is broken, in words; empty: all of them take the profile.
    ///
    /// - Parameter message: without compression.
    package func broken(by message: [UInt8], meaning: Meaning) -> [String] {
        let profile = RawPprof(message)
        return pyroscope(message, profile, meaning) + parca(profile, meaning) + alloy(profile, meaning)
            + collector(profile) + everybody(message)
    }

    /// Of google/pprof, which all of them read with, some of them every profile.
    private func everybody(_ message: [UInt8]) -> [String] {
        RawField.all(in: message[...]).count { $0.number == 9 } > 1 ? ["google/pprof: concatenated profiles"] : []
    }

    private func pyroscope(_ message: [UInt8], _ profile: RawPprof, _ meaning: Meaning) -> [String] {
        var broken: [String] = []
        func rule(_ holds: Bool, _ words: String) { if !holds { broken.append("Pyroscope: \(words)") } }
        rule(message.count <= 4 << 20, "\(message.count) bytes")
        rule(profile.samples.count <= 16_000, "\(profile.samples.count) samples")
        rule(profile.time + Self.hour > now, "older than an hour")
        rule(profile.time < now + Self.hour / 6, "from the future")
        rule(!profile.sampleTypes.isEmpty, "no sample type")
        rule(!profile.sampleTypes.contains { $0.type.contains("-") }, "a minus in a sample type")
        rule(profile.strings.allSatisfy { String(validating: $0, as: UTF8.self) != nil }, "invalid UTF-8")
        rule(profile.locations.allSatisfy { $0.id != 0 }, "location 0")
        rule(profile.functions.allSatisfy { $0[1] ?? 0 != 0 }, "function 0")
        rule(profile.samples.allSatisfy { $0.locations.count <= 1000 }, "stacks deeper than 1000 lose their leaves")
        rule(profile.samples.allSatisfy { $0.labels.count <= 100 }, "more than 100 labels")
        if meaning != .change {
            rule(profile.samples.allSatisfy { $0.values.allSatisfy { $0 >= 0 } }, "drops samples with a negative value")
        }
        // Else it looks for names at addresses that are not the file's.
        rule(profile.mappings.allSatisfy { $0[7] == 1 }, "a mapping without has_functions")
        return broken
    }

    private func parca(_ profile: RawPprof, _ meaning: Meaning) -> [String] {
        var broken: [String] = []
        func rule(_ holds: Bool, _ words: String) { if !holds { broken.append("Parca: \(words)") } }
        rule(profile.strings.first?.isEmpty == true, "string 0 is not empty")
        func areInOrder(_ ids: [UInt64]) -> Bool { ids == (0..<UInt64(ids.count)).map { $0 + 1 } }
        rule(areInOrder(profile.locations.map(\.id)), "location ids not from 1 on")
        rule(areInOrder(profile.functions.map { $0[1] ?? 0 }), "function ids not from 1 on")
        rule(areInOrder(profile.mappings.map { $0[1] ?? 0 }), "mapping ids not from 1 on")
        rule(profile.samples.allSatisfy { $0.values.count == profile.sampleTypes.count }, "number of values")
        rule((profile.duration != 0) == (meaning == .change), "takes duration \(profile.duration) for a change")
        let hints = profile.comments.filter { $0.hasPrefix("executableInfo=") }.count
        rule(hints == 0 || hints == profile.mappings.count, "executableInfo of some mappings")
        rule(
            profile.samples.allSatisfy { $0.locations.allSatisfy { 1...UInt64(profile.locations.count) ~= $0 } },
            "no such location")
        rule(
            profile.locations.allSatisfy { $0.mapping <= UInt64(profile.mappings.count) }
                && profile.locations.allSatisfy {
                    $0.functions.allSatisfy { 1...UInt64(profile.functions.count) ~= $0 }
                },
            "no such mapping or function")
        return broken
    }

    private func alloy(_ profile: RawPprof, _ meaning: Meaning) -> [String] {
        struct Key: Hashable {
            var addresses: [UInt64]
            var labels: [[Int: UInt64]]
        }
        guard meaning == .heap || meaning == .scrapedHeap else { return [] }
        var broken: [String] = []
        func rule(_ holds: Bool, _ words: String) { if !holds { broken.append("Alloy: \(words)") } }
        rule(
            profile.sampleTypes.map { "\($0.type)/\($0.unit)" } == [
                "alloc_objects/count", "alloc_space/bytes", "inuse_objects/count", "inuse_space/bytes",
            ], "other than the four figures of a heap: it panics")
        rule(profile.period.map { $0.type == "space" && $0.unit == "bytes" } == true, "period type")
        let keys = profile.samples.map { sample in
            Key(addresses: sample.locations.map { profile.locations[Int($0) - 1].address }, labels: sample.labels)
        }
        rule(Set(keys).count == keys.count, "two samples with the same addresses and labels")
        if meaning == .scrapedHeap {
            rule(profile.samples.allSatisfy { $0.labels.allSatisfy { $0[3] == nil } }, "labels that change")
        }
        return broken
    }

    private func collector(_ profile: RawPprof) -> [String] {
        var broken: [String] = []
        func rule(_ holds: Bool, _ words: String) { if !holds { broken.append("OpenTelemetry: \(words)") } }
        rule(profile.period != nil, "no period type: it crashes")
        rule(
            profile.samples.allSatisfy { $0.labels.allSatisfy { ($0[2] == nil) != ($0[3] == nil) } },
            "a label without its one value")
        return broken
    }
}
