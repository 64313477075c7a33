// SPDX-License-Identifier: Apache-2.0
//
// The names that Go has for its threads: servers know `goroutine` and `threadcreate`, and nothing that is called after
// threads.

package import SiltProfile

extension Profile.Kind {
    /// Where threads are alive, or are by now.
    package static let goroutine = Profile.Kind(name: "goroutine", unit: "count")
    /// Who created them.
    package static let threadcreate = Profile.Kind(name: "threadcreate", unit: "count")
    /// Those of which each one is counted, not sampled.
    static let counted: Set = [goroutine, threadcreate]
}
