// SPDX-License-Identifier: Apache-2.0
//
// Which functions `go tool pprof` is to leave out, so that its first line is the function that holds memory and not
// malloc, as of Go's own heap profiles: those that reports fold. The profile still has every frame.

#if Serve
    import SiltDriver
    import SiltProfile
    import SiltSymbols
    import Synchronization

    /// The patterns of the targets, each made anew only if its program has shown other code; used by several threads.
    final class AllocatorPatterns: Sendable {
        private struct Entry {
            var locations: Int
            var pattern: String?
        }

        /// A longer pattern takes pprof too long.
        private static let mostNames = 200

        private let known = Mutex<[Target.ID: Entry]>([:])

        /// For the profile's `drop_frames`; nil: nothing is left out.
        ///
        /// - Parameter heap: a whole heap, whose stacks show which functions are allocators.
        func pattern(of heap: Profile, _ target: Target.ID) -> String? {
            if let entry = known.withLock({ $0[target] }), entry.locations == heap.locations.count {
                return entry.pattern
            }
            let entry = Entry(locations: heap.locations.count, pattern: Self.pattern(of: heap))
            known.withLock { $0[target] = entry }
            return entry.pattern
        }

        /// pprof leaves out what a function calls as well: so only functions that stand nowhere but at the innermost ends of
        /// stacks, inside of all code of the application.
        private static func pattern(of heap: Profile) -> String? {
            guard let folded = try? Runtimes().fold(heap, by: [heap]) else { return nil }
            var inner: Set<String> = []
            var others: Set<String> = []
            for (whole, rest) in zip(heap.samples, folded.samples) {
                let frames = whole.locations.flatMap { heap.locations[$0].frames }
                let kept = rest.locations.reduce(0) { $0 + folded.locations[$1].frames.count }
                for (place, frame) in frames.enumerated() {
                    guard let name = (frame.function ?? frame.systemName).flatMap(matched) else { continue }
                    if place < frames.count - kept { inner.insert(name) } else { others.insert(name) }
                }
            }
            let names = inner.subtracting(others).sorted().prefix(mostNames)
            return names.isEmpty ? nil : names.map(quoted).joined(separator: "|")
        }

        /// What pprof matches of a name: it takes parameters off. Nil where it has rules of its own.
        private static func matched(_ name: String) -> String? {
            if name.contains("(anonymous namespace)") || name.contains("operator()") { return nil }
            let plain = name.prefix { $0 != "(" }
            return plain.count > 2 ? String(plain) : nil
        }

        private static func quoted(_ name: String) -> String {
            name.reduce(into: "") { pattern, character in
                if "\\.+*?()|[]{}^$".contains(character) { pattern += "\\" }
                pattern.append(character)
            }
        }
    }
#endif
