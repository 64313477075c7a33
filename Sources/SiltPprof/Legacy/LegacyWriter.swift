// SPDX-License-Identifier: Apache-2.0
//
// Profiles as text in the form of Go's `debug=1`: for people with curl, and for tools older than the pprof format. A heap's
// figures are those of the samples, since who reads this form makes them unbiased by the interval in its head.

package import SiltProfile
internal import SiltSymbols

extension Profile {
    /// A heap profile as text, the stacks that hold most first.
    ///
    /// - Precondition: the profile has the kinds of a heap.
    package func heapText() -> String {
        let columns = (
            inuse: (column(of: .inuseObjects), column(of: .inuseSpace)),
            alloc: (column(of: .allocObjects), column(of: .allocSpace))
        )
        func figures(_ values: [Estimate]) -> HeapFigures {
            HeapFigures(
                inuse: Sampled(values[columns.inuse.0], values[columns.inuse.1]),
                alloc: Sampled(values[columns.alloc.0], values[columns.alloc.1]))
        }
        var writer = LegacyWriter(self)
        let rows = samples.map { (figures($0.values), $0.locations) }.filter {
            $0.0.alloc.objects > 0 || $0.0.inuse.objects > 0
        }
        let total = rows.reduce(HeapFigures()) { $0 + $1.0 }
        // Readers halve the interval: that of Go's text has always been doubled.
        writer.line("heap profile: \(total.text) @ heap/\(interval > .max / 2 ? .max : interval * 2)")
        for (figures, locations) in rows.sorted(by: {
            ($1.0.inuse.bytes, $1.0.alloc.bytes) < ($0.0.inuse.bytes, $0.0.alloc.bytes)
        }) {
            writer.stack(figures.text, locations)
        }
        return writer.finished(mappingsAfter: "MAPPED_LIBRARIES:")
    }

    /// Threads or the like as text: each stack with how many there are, the most first.
    ///
    /// - Parameters:
    ///   - name: what is counted, `goroutine` or `threadcreate`: readers know no others.
    ///   - kind: its column.
    package func countText(of name: String, kind: Kind) -> String {
        let column = column(of: kind)
        var writer = LegacyWriter(self)
        let rows = samples.map { (count: Int($0.values[column].value.rounded()), locations: $0.locations) }
        writer.line("\(name) profile: total \(rows.reduce(0) { $0 + $1.count })")
        for row in rows.sorted(by: { $0.count > $1.count }) { writer.stack("\(row.count)", row.locations) }
        // Of counts, pprof knows the end by this line only.
        return writer.finished(mappingsAfter: "--- Memory map: ---")
    }
}

/// What was sampled, before it is made unbiased.
private struct Sampled {
    var objects = 0
    var bytes = 0

    init() {}

    init(_ objects: Estimate, _ bytes: Estimate) {
        self.objects = objects.samples
        self.bytes = Int(exactly: bytes.added.seen.rounded()) ?? 0
    }

    static func + (a: Sampled, b: Sampled) -> Sampled {
        var sum = Sampled()
        sum.objects = a.objects &+ b.objects
        sum.bytes = a.bytes &+ b.bytes
        return sum
    }
}

private struct HeapFigures {
    var inuse = Sampled()
    var alloc = Sampled()

    var text: String { "\(inuse.objects): \(inuse.bytes) [\(alloc.objects): \(alloc.bytes)]" }

    static func + (a: HeapFigures, b: HeapFigures) -> HeapFigures {
        HeapFigures(inuse: a.inuse + b.inuse, alloc: a.alloc + b.alloc)
    }
}

private struct LegacyWriter {
    private let profile: Profile
    private var text = ""

    init(_ profile: Profile) { self.profile = profile }

    mutating func line(_ line: String) { text += line + "\n" }

    /// A line of figures and addresses, then one for each function, innermost first.
    mutating func stack(_ figures: String, _ locations: [Int]) {
        // Readers take one off, since Go writes the addresses that calls return to.
        let addresses = locations.map { "0x\(String(profile.locations[$0].address &+ 1, radix: 16))" }
        line("\(figures) @ \(addresses.joined(separator: " "))")
        for (location, address) in zip(locations, addresses) {
            for frame in profile.locations[location].frames {
                guard let name = frame.function ?? frame.systemName else { continue }
                line("#\t\(address)\t\(Self.oneWord(name))+0x0\t\(frame.file ?? "?"):\(frame.line)")
            }
        }
        line("")
    }

    /// With the mappings, by which readers find names themselves.
    consuming func finished(mappingsAfter heading: String) -> String {
        line(heading)
        for mapping in profile.mappings {
            let (start, end) = (mapping.addresses.lowerBound, mapping.addresses.upperBound)
            line(
                "\(String(start, radix: 16))-\(String(end, radix: 16)) r-xp \(String(mapping.fileOffset, radix: 16))"
                    + " 00:00 0 \(Self.oneLine(mapping.path))")
        }
        return text
    }

    /// Names come from the program: none may begin a line of its own.
    private static func oneLine(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? "\u{fffd}" : $0 }))
    }

    private static func oneWord(_ text: String) -> String { oneLine(text).replacing("\t", with: " ") }
}
