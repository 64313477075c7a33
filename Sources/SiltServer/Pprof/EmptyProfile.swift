// SPDX-License-Identifier: Apache-2.0
//
// The profiles that Go's programs have and Silt does not: waits and CPU time. Scrapers ask for all of them by default, and
// show a program as down where one is missing; so they are there, valid and empty.

#if Serve
    import SiltHost
    import SiltProfile

    /// A profile in which nothing is.
    struct EmptyProfile {
        private let kinds: [Profile.Kind]
        let text: String

        init(_ name: PprofName) {
            switch name {
            case .profile:
                kinds = [Profile.Kind(name: "samples", unit: "count"), Profile.Kind(name: "cpu", unit: "nanoseconds")]
                text = "no CPU time is recorded\n"
            default:
                kinds = [
                    Profile.Kind(name: "contentions", unit: "count"), Profile.Kind(name: "delay", unit: "nanoseconds"),
                ]
                // Both begin like this in Go; a mutex profile only by its sampling differs.
                text =
                    name == .mutex
                    ? "--- mutex:\ncycles/second=1\nsampling period=0\n" : "--- contention:\ncycles/second=1\n"
            }
        }

        func pprof() -> [UInt8] { Profile(kinds: kinds, time: Clock.realtime()).forScrapers() }
    }
#endif
