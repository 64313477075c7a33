// SPDX-License-Identifier: Apache-2.0
//
// The living samples of a session added up by site, in one pass: there may be a million of them, and a few thousand sites.
// What the sums mean for a row is decided by callers.

internal import SiltFile

/// What the living samples of each site stand for.
struct LivingSums {
    private struct Sum {
        let site: UInt32
        let law: SamplingLaw
        /// Most sites have blocks of one size, which are counted and not added one by one: those of the first sample's size.
        let size: UInt64
        var samples: UInt64 = 0
        /// Those of other sizes.
        var otherSamples: UInt64 = 0
        var otherBytes: UInt64 = 0
        var objects = Estimate.Sum.zero
        var space = Estimate.Sum.zero
    }

    /// Without what is alive, which is given up when it has been added up.
    private let session: Session
    private var sums: [Sum] = []
    /// By site: its place among the sums and one, or 0. The sites of a file are numbered without a gap, and there are fewer of
    /// them than the file has bytes.
    private var places: [UInt32] = []

    /// - Parameter session: whose sites and laws they are; nothing is added yet.
    init(in session: Session) {
        var session = session
        session.live = LiveSamples()
        session.pages = nil
        self.session = session
    }

    /// All that were alive.
    ///
    /// - Complexity: O(n) for n samples.
    init(of session: Session) {
        self.init(in: session)
        for sample in session.live { add(sample) }
    }

    mutating func add(_ sample: LiveSample) {
        let place = place(of: sample)
        if sums[place].size == sample.size {
            sums[place].samples += 1
            return
        }
        let (law, size) = (sums[place].law, Double(sample.size))
        sums[place].otherSamples += 1
        sums[place].otherBytes = sums[place].otherBytes.addingSaturated(sample.size)
        sums[place].objects = sums[place].objects + law.objects(samples: 1, ofSize: size).added
        sums[place].space = sums[place].space + law.bytes(samples: 1, ofSize: size).added
    }

    private mutating func place(of sample: LiveSample) -> Int {
        let site = Int(sample.site)
        if site < places.count, places[site] > 0 { return Int(places[site]) - 1 }
        if site >= places.count { places += repeatElement(0, count: site + 1 - places.count) }
        sums.append(Sum(site: sample.site, law: session.law(of: sample.site), size: sample.size))
        places[site] = UInt32(clamping: sums.count)
        return sums.count - 1
    }

    /// The sums, in order of sites.
    var bySite: [(site: UInt32, allocations: ProfileBuilder.Allocations)] {
        sums.sorted { $0.site < $1.site }.map { sum in
            let size = Double(sum.size)
            let objects = sum.law.objects(samples: sum.samples, ofSize: size).added + sum.objects
            let space = sum.law.bytes(samples: sum.samples, ofSize: size).added + sum.space
            let (bytes, overflows) = sum.size.multipliedReportingOverflow(by: sum.samples)
            return (
                sum.site,
                ProfileBuilder.Allocations(
                    samples: sum.samples + sum.otherSamples,
                    bytes: (overflows ? .max : bytes).addingSaturated(sum.otherBytes),
                    objects: Estimate(added: objects), space: Estimate(added: space))
            )
        }
    }
}
