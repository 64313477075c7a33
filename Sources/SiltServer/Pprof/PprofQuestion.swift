// SPDX-License-Identifier: Apache-2.0
//
// What is asked of a profile, by the parameters that Go's `net/http/pprof` has and the two of history. It only reads them;
// contradictions are answered as Go answers them.

#if Serve
    import SiltDriver

    /// The profiles that there are, by their names in addresses.
    enum PprofName: String, CaseIterable {
        case allocs, block
        case deltaHeap = "delta_heap"
        case goroutine, heap, mutex, profile, threadcreate

        /// What the index says of it.
        var words: String {
            switch self {
            case .allocs: "memory that was allocated since the start, freed or not"
            case .block: "empty: waits are not recorded"
            case .deltaHeap: "what was allocated since this was last asked for, and what is in use"
            case .goroutine: "the threads alive, by the code that created them"
            case .heap: "memory in use, by the code that allocated it; all four figures of Go's heap profile"
            case .mutex: "empty: waits for locks are not recorded"
            case .profile: "empty: CPU time is not recorded; answered at once"
            case .threadcreate: "the same threads as goroutine, under the other name that Go has"
            }
        }

        var isHeap: Bool { self == .heap || self == .allocs }
        var isOfThreads: Bool { self == .goroutine || self == .threadcreate }
    }

    /// How a profile is wanted.
    struct PprofQuestion: Sendable, Hashable {
        /// Nobody waits longer for a difference.
        static let longestWait = 300

        /// 0: as pprof's binary form; 1: as text; 2: as text, each thread by itself.
        var debug = 0
        /// The change over so many seconds from now; nil: as it is.
        var seconds: Int?
        /// The snapshot of this moment instead of now; nil: now.
        var at: PastMoment?
        /// What changed since this moment; nil: whole figures.
        var base: PastMoment?

        /// - Throws: ``Refusal`` in words for the client.
        init(_ parameters: Parameters, for name: PprofName) throws(Refusal) {
            debug = parameters["debug"].flatMap { Int($0) }.map { max(0, $0) } ?? 0
            if let text = parameters["seconds"], !text.isEmpty {
                guard let number = Int(text), number > 0 else {
                    throw Refusal(words: "invalid value for \"seconds\" - must be a positive integer")
                }
                guard number <= Self.longestWait || name == .profile else {
                    throw Refusal(words: "\"seconds\" is at most \(Self.longestWait)")
                }
                guard debug == 0 else { throw Refusal(words: "seconds and debug params are incompatible") }
                seconds = number
            }
            (at, base) = try Self.moments(parameters)
            guard at != nil || base != nil else { return }
            guard name.isHeap else { throw Refusal(words: "at and base are for heap and allocs") }
            guard seconds == nil else { throw Refusal(words: "seconds does not go with at and base") }
        }

        /// - Throws: ``Refusal`` in words for the client.
        static func moments(_ parameters: Parameters) throws(Refusal) -> (at: PastMoment?, base: PastMoment?) {
            (try moment("at", parameters), try moment("base", parameters))
        }

        private static func moment(_ name: String, _ parameters: Parameters) throws(Refusal) -> PastMoment? {
            guard let text = parameters[name], !text.isEmpty else { return nil }
            guard let moment = PastMoment(text) else {
                throw Refusal(words: "\(name)=\(text): write a time ago as -3h or -90m, or seconds since 1970")
            }
            return moment
        }
    }

    /// A question that makes no sense.
    struct Refusal: Error { var words: String }

    /// A moment that a client names: `-3h`, or seconds since 1970.
    enum PastMoment: Sendable, Hashable, CustomStringConvertible {
        case ago(seconds: UInt64)
        case at(seconds: UInt64)

        /// The same text for the same moment, however it was written.
        var description: String {
            switch self {
            case .ago(let seconds): "-\(seconds)s"
            case .at(let seconds): "\(seconds)"
            }
        }

        /// Nil for anything else.
        init?(_ text: String) {
            if text.hasPrefix("-") {
                guard let span = TimeSpan(String(text.dropFirst())) else { return nil }
                self = .ago(seconds: span.seconds)
            } else {
                guard let seconds = UInt64(text) else { return nil }
                self = .at(seconds: seconds)
            }
        }

        /// Seconds since 1970.
        ///
        /// - Parameter now: likewise.
        func time(now: UInt64) -> UInt64 {
            switch self {
            case .ago(let seconds): now - min(now, seconds)
            case .at(let seconds): seconds
            }
        }
    }
#endif
