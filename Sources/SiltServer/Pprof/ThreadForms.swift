// SPDX-License-Identifier: Apache-2.0
//
// The thread profile in the forms that Go's goroutine profile has. Its total is that of all threads: those whose creation
// nobody recorded stand in rows that say so.

#if Serve
    import SiltHost
    import SiltProfile
    import SiltReport
    import SiltSymbols

    extension ThreadProfile {
        /// Threads only counted, under another name; the first thread of each process, and threads of unknown origin, have a
        /// row each.
        func counted(as kind: Profile.Kind) -> Profile {
            var result = profile
            let column = profile.column(of: .threads)
            result.kinds = [kind]
            result.unknown = [:]
            for index in result.samples.indices {
                result.samples[index].values = [profile.samples[index].values[column]]
            }
            var row: UInt64 = 1
            func add(_ count: Int, _ name: String) {
                guard count > 0 else { return }
                // Scrapers tell rows by their addresses, so that these must differ; no code is ever in the first page.
                result.locations.append(Profile.Location(address: row, mapping: nil, frames: [Frame(function: name)]))
                let figure = Estimate(value: Double(count), variance: 0, samples: count)
                result.samples.append(
                    Profile.Sample(locations: [result.locations.count - 1], values: [figure]))
                row += 1
            }
            add(processes, Self.first)
            add(Int(exactly: unknown ?? 0) ?? 0, Self.unrecorded)
            return result
        }

        private static var first: String { "[first thread]" }
        private static var unrecorded: String { "[creation not recorded]" }

        /// Each thread by itself, with the stack that created it, as `debug=2` of Go's goroutine profile.
        ///
        /// - Parameter facts: what the kernel says of those that run.
        func stackText(_ facts: [UInt32: ThreadFacts] = [:]) -> String {
            var text = ""
            for (sample, members) in zip(profile.samples, members) {
                let frames = sample.locations.flatMap { location in
                    let location = profile.locations[location]
                    return location.frames.isEmpty
                        ? ["0x\(String(location.address, radix: 16))"] : location.frames.map(Self.lines)
                }
                for member in members {
                    let age = formatDuration(seconds: member.age / .seconds(1))
                    let known = member.thread.flatMap { facts[$0]?.name } ?? member.name
                    let name = known.map { " \"\(printable($0))\"" } ?? ""
                    text += "thread \(member.thread.map(String.init) ?? "?")\(name) [created \(age) ago]:\n"
                    text += frames.map { $0 + "\n" }.joined() + "\n"
                }
            }
            for _ in 0..<processes { text += "thread 1 [\(Self.first)]:\n\n" }
            if let unknown, unknown > 0 { text += "\(unknown) threads: \(Self.unrecorded)\n" }
            return text
        }

        private static func lines(_ frame: Frame) -> String {
            let name = printable(frame.function ?? frame.systemName ?? "?")
            return frame.file.map { "\(name)(...)\n\t\(printable($0)):\(frame.line)" } ?? "\(name)(...)"
        }
    }
#endif
