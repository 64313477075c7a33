// SPDX-License-Identifier: Apache-2.0
//
// What Pyroscope's push.v1.PusherService takes: pprof files with the labels of their series. It wraps files and does not
// look into them.

extension PprofFile {
    /// A PushRequest with one profile.
    ///
    /// - Parameters:
    ///   - labels: of the series; `service_name` and `__name__` must be there.
    ///   - id: the profile's own; the same each time that it is sent.
    package static func pyroscopePush(
        _ file: [UInt8], labels: [(name: String, value: String)], id: String
    ) -> [UInt8] {
        var request = ProtobufWriter()
        request.message(PushSchema.Request.series) { series in
            for label in labels {
                series.message(PushSchema.Series.labels) {
                    $0.element(PushSchema.Label.name, label.name)
                    $0.element(PushSchema.Label.value, label.value)
                }
            }
            series.message(PushSchema.Series.samples) {
                $0.element(PushSchema.Sample.profile, file)
                $0.element(PushSchema.Sample.id, id)
            }
        }
        return request.bytes
    }
}

/// pprof as the bytes of a file.
package enum PprofFile {
    /// Far more than any server takes.
    private static let longest = 1 << 26

    /// A gzipped file of ours with another time: where it waited for longer than servers allow, or nothing has changed since.
    ///
    /// The time must stand in it once: google/pprof takes a second one for the end of another profile.
    ///
    /// - Parameter time: nanoseconds since 1970.
    package static func dated(_ file: [UInt8], time: UInt64) -> [UInt8] {
        do {
            var message = try Gzip.unpack(file, limit: longest)
            var reader = ProtobufReader(message)
            var times: [Range<Int>] = []
            while let field = try reader.next() {
                if field.number == UInt64(PprofSchema.Profile.timeNanos) { times.append(field.offset..<reader.offset) }
            }
            for range in times.reversed() { message.removeSubrange(range) }
            var field = ProtobufWriter()
            field.field(PprofSchema.Profile.timeNanos, time)
            return Gzip.pack(message + field.bytes)
        } catch {
            return file
        }
    }
}

/// The field numbers of push.proto and types.proto (packages push.v1 and types.v1).
private enum PushSchema {
    enum Request {
        static let series = 1
    }

    enum Series {
        static let labels = 1
        static let samples = 2
    }

    enum Sample {
        static let profile = 1
        static let id = 2
    }

    enum Label {
        static let name = 1
        static let value = 2
    }
}
