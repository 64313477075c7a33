// SPDX-License-Identifier: Apache-2.0
//
// Threads under the names that Go has for its own: servers know `goroutine` and `threadcreate`, and nothing that is
// called after threads. Only names change here.

package import SiltProfile

extension Profile.Kind {
    /// Where threads are alive, or are by now.
    package static let goroutine = Profile.Kind(name: "goroutine", unit: "count")
    /// Who created them.
    package static let threadcreate = Profile.Kind(name: "threadcreate", unit: "count")
    /// Those of which each one is counted, not sampled.
    static let counted: Set = [goroutine, threadcreate]
}

extension Profile {
    /// A thread profile as Go's, with its one figure: how many there are.
    ///
    /// - Parameter kind: ``Kind/goroutine`` or ``Kind/threadcreate``.
    /// - Precondition: the profile counts threads.
    package func counting(_ kind: Kind) -> Profile {
        let column = column(of: .threads)
        var counted = self
        counted.kinds = [kind]
        for index in samples.indices { counted.samples[index].values = [samples[index].values[column]] }
        return counted
    }
}
