// SPDX-License-Identifier: Apache-2.0
//
// The field numbers of pprof's profile.proto (package perftools.profiles), written once for encoder and decoder.

/// Field numbers by message.
enum PprofSchema {
    enum Profile {
        static let sampleType = 1
        static let sample = 2
        static let mapping = 3
        static let location = 4
        static let function = 5
        static let stringTable = 6
        static let dropFrames = 7
        static let timeNanos = 9
        static let durationNanos = 10
        static let periodType = 11
        static let period = 12
        static let comment = 13
        static let defaultSampleType = 14
    }

    /// Whether a field of the outermost message has the type, and a message within it the shape, that it must have.
    static func isPlausible(_ field: ProtobufField, in bytes: [UInt8]) -> Bool {
        switch (Int(clamping: field.number), field.content) {
        case (Profile.sampleType, .bytes(let range)), (Profile.periodType, .bytes(let range)):
            isMessage(range, in: bytes, fields: 2)
        case (Profile.sample, .bytes(let range)): isMessage(range, in: bytes, fields: 3)
        case (Profile.mapping...Profile.function, .bytes(let range)): isMessage(range, in: bytes, fields: 10)
        case (Profile.stringTable, .bytes), (Profile.comment, .bytes): true
        case (Profile.dropFrames...Profile.durationNanos, .varint): true
        case (Profile.period...Profile.defaultSampleType, .varint): true
        default: false
        }
    }

    private static func isMessage(_ range: Range<Int>, in bytes: [UInt8], fields: UInt64) -> Bool {
        var reader = ProtobufReader(bytes, range)
        while let field = try? reader.next() {
            if field.number > fields { return false }
        }
        return reader.offset == range.upperBound
    }

    enum ValueType {
        static let type = 1
        static let unit = 2
    }

    enum Sample {
        static let locationID = 1
        static let value = 2
        static let label = 3
    }

    enum Label {
        static let key = 1
        static let string = 2
        static let number = 3
        static let unit = 4
    }

    enum Mapping {
        static let id = 1
        static let memoryStart = 2
        static let memoryLimit = 3
        static let fileOffset = 4
        static let filename = 5
        static let buildID = 6
        static let hasFunctions = 7
        static let hasFilenames = 8
        static let hasLineNumbers = 9
        static let hasInlineFrames = 10
    }

    enum Location {
        static let id = 1
        static let mappingID = 2
        static let address = 3
        static let line = 4
    }

    enum Line {
        static let functionID = 1
        static let line = 2
    }

    enum Function {
        static let id = 1
        static let name = 2
        static let systemName = 3
        static let filename = 4
        static let startLine = 5
    }
}

/// The labels that Silt writes and reads.
enum PprofLabel {
    /// Average bytes of the blocks, as Go's heap profiles have it.
    static let bytes = "bytes"
    /// Why the stack ends early.
    static let truncated = "truncated"
    /// Written, with the value `callers`, only where some callers of the stack are guessed.
    static let guessed = "guessed"
    /// Only where several processes are merged.
    static let process = "process"
    static let pid = "pid"
}
