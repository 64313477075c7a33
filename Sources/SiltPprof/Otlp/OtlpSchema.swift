// SPDX-License-Identifier: Apache-2.0
//
// The field numbers of OpenTelemetry's profiles.proto, package opentelemetry.proto.profiles.v1development, of version 1.11 of
// the protocol; and the names of its attributes. The schema is not final: another version may number anew.

/// Field numbers by message. A file (ProfilesData) and a request (ExportProfilesServiceRequest) have the same.
enum OtlpSchema {
    enum Request {
        static let resourceProfiles = 1
        static let dictionary = 2
    }

    enum ResourceProfiles {
        static let resource = 1
        static let scopeProfiles = 2
    }

    enum Resource {
        static let attributes = 1
    }

    enum ScopeProfiles {
        static let scope = 1
        static let profiles = 2
    }

    enum Scope {
        static let name = 1
    }

    enum Profile {
        static let sampleType = 1
        static let samples = 2
        static let time = 3
        static let duration = 4
        static let periodType = 5
        static let period = 6
        static let id = 7
        static let attributes = 11
    }

    enum ValueType {
        static let type = 1
        static let unit = 2
    }

    enum Sample {
        static let stack = 1
        static let attributes = 2
        static let values = 4
    }

    enum Dictionary {
        static let mappings = 1
        static let locations = 2
        static let functions = 3
        static let links = 4
        static let strings = 5
        static let attributes = 6
        static let stacks = 7
    }

    enum Mapping {
        static let start = 1
        static let limit = 2
        static let fileOffset = 3
        static let filename = 4
        static let attributes = 5
    }

    enum Location {
        static let mapping = 1
        static let address = 2
        static let lines = 3
        static let attributes = 4
    }

    enum Line {
        static let function = 1
        static let line = 2
    }

    enum Function {
        static let name = 1
        static let systemName = 2
        static let filename = 3
        static let startLine = 4
    }

    enum Stack {
        static let locations = 1
    }

    /// An attribute of the dictionary, whose key stands in the table of strings.
    enum KeyValueAndUnit {
        static let key = 1
        static let value = 2
    }

    enum KeyValue {
        static let key = 1
        static let value = 2
    }

    enum AnyValue {
        static let string = 1
        static let bool = 2
        static let integer = 3
        static let array = 5
    }

    enum ArrayValue {
        static let values = 1
    }
}

/// Names of OpenTelemetry's semantic conventions, and two of our own.
enum OtlpAttribute {
    static let service = "service.name"
    static let host = "host.name"
    static let pid = "process.pid"
    static let executable = "process.executable.path"
    static let buildID = "process.executable.build_id.gnu"
    static let frameType = "profile.frame.type"
    static let comment = "pprof.profile.comment"
    static let hasFunctions = "pprof.mapping.has_functions"
    /// Why a stack ends early.
    static let truncated = "silt.stack.truncated"
    /// How the process ended.
    static let end = "silt.process.end"
}
