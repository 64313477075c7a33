// SPDX-License-Identifier: Apache-2.0
//
// One profile on its way to one server, with all that is needed to send it, now or after a restart. Its id stays the same
// however often it is sent.

#if Serve
    import SiltHost

    /// A profile to be delivered once.
    struct Parcel: Hashable, Sendable {
        struct Label: Hashable, Sendable {
            var name: String
            var value: String
        }

        /// A UUID.
        var id: ParcelID
        /// Of the profile, in nanoseconds since 1970.
        var time: UInt64
        /// The last that there will be of its process: it goes before all others, and is not dropped for its age.
        var isLast: Bool
        /// Of its series.
        var labels: [Label]
        /// The profile, gzipped.
        var content: [UInt8]

        init(id: ParcelID, time: UInt64, isLast: Bool = false, labels: [Label], content: [UInt8]) {
            self.id = id
            self.time = time
            self.isLast = isLast
            // A line for each of them in the file.
            self.labels = labels.map { Label(name: $0.name, value: Self.line($0.value)) }
            self.content = content
        }

        /// Servers take no more bytes of a value.
        private static let longestValue = 2048

        private static func line(_ value: String) -> String {
            var text = printable(value)
            while text.utf8.count > longestValue { text.removeLast() }
            return text
        }
    }

    // MARK: The file

    extension Parcel {
        /// Lines of names and values, an empty line, and the profile.
        var file: [UInt8] {
            var text = "silt-parcel 1\nid \(id)\ntime \(time)\nlast \(isLast)\nbytes \(content.count)\n"
            for label in labels { text += "label \(label.name) \(label.value)\n" }
            return Array((text + "\n").utf8) + content
        }

        /// Nil for anything that ``file`` does not make, such as a file that was cut when the power failed.
        init?(file bytes: [UInt8]) {
            var rest = bytes[...]
            func nextLine() -> Substring? {
                guard let end = rest.firstIndex(of: 0x0a) else { return nil }
                let line = String(decoding: rest[..<end], as: UTF8.self)
                rest = rest[(end + 1)...]
                return line[...]
            }
            func value(_ name: String) -> Substring? {
                guard let line = nextLine(), line.hasPrefix(name + " ") else { return nil }
                return line.dropFirst(name.count + 1)
            }
            guard value("silt-parcel") == "1", let id = value("id").flatMap({ ParcelID(String($0)) }),
                let time = value("time").flatMap({ UInt64($0) }),
                let isLast = value("last").flatMap({ Bool(String($0)) })
            else { return nil }
            guard let count = value("bytes").flatMap({ Int($0) }) else { return nil }
            var labels: [Label] = []
            while true {
                guard let line = nextLine() else { return nil }
                if line.isEmpty { break }
                let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
                guard words.count == 3, words[0] == "label" else { return nil }
                labels.append(Label(name: String(words[1]), value: String(words[2])))
            }
            guard rest.count == count else { return nil }
            self.init(id: id, time: time, isLast: isLast, labels: labels, content: Array(rest))
        }
    }
#endif
