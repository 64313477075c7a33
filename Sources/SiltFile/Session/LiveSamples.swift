// SPDX-License-Identifier: Apache-2.0
//
// The living samples of a session. There may be a million, so they stay in the bytes in which they were read from the file:
// those are checked, and moved together, and nothing is copied. What a sample means is not known here.
//
// What is asked of each sample is inlinable: other modules would else make a million calls of it.

import SiltHost

/// Sampled allocations that were alive, in the order of the file; 32 bytes each.
package struct LiveSamples: Sendable, Equatable {
    /// Samples, one after the other.
    @usableFromInline var bytes: [UInt8]

    @inlinable static var size: Int { MemoryLayout<LiveSample>.size }

    /// Takes the bytes of a file's elements, each of which is at least as large as a sample.
    ///
    /// - Parameter sample: what an element is; nil: it is left out.
    init(
        converting elements: consuming [UInt8], ofSize elementSize: Int,
        _ sample: (_ bytes: [UInt8], _ index: Int) -> LiveSample?
    ) {
        precondition(elementSize >= Self.size)
        var bytes = elements
        var used = 0
        for index in 0..<bytes.count / elementSize {
            guard let sample = sample(bytes, index) else { continue }
            // Never beyond the element itself, which has been read.
            bytes.store(sample, at: used)
            used += Self.size
        }
        bytes.removeLast(bytes.count - used)
        self.bytes = bytes
    }
}

extension LiveSamples: RandomAccessCollection, MutableCollection, RangeReplaceableCollection, ExpressibleByArrayLiteral
{
    package init() { bytes = [] }

    package init(arrayLiteral samples: LiveSample...) { self.init(samples) }

    @inlinable package var startIndex: Int { 0 }

    @inlinable package var endIndex: Int { bytes.count / Self.size }

    @inlinable package subscript(place: Int) -> LiveSample {
        @inline(__always) get {
            guard let sample = bytes.load(LiveSample.self, at: place * Self.size) else {
                preconditionFailure("there is no sample \(place)")
            }
            return sample
        }
        set { bytes.store(newValue, at: place * Self.size) }
    }

    package mutating func replaceSubrange(_ places: Range<Int>, with samples: some Collection<LiveSample>) {
        var inserted = [UInt8](repeating: 0, count: samples.count * Self.size)
        for (place, sample) in samples.enumerated() { inserted.store(sample, at: place * Self.size) }
        bytes.replaceSubrange(places.lowerBound * Self.size..<places.upperBound * Self.size, with: inserted)
    }
}
