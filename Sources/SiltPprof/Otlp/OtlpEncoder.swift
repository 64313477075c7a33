// SPDX-License-Identifier: Apache-2.0
//
// Profile → an OTLP request with profiles, one for each kind of figures and process, over one dictionary. It writes what
// the profile holds; figures of 0 are left out.

package import SiltProfile
internal import SiltReport
internal import SiltSymbols

extension Profile {
    /// The profile as OTLP: the body of a request, and a file as the collector writes it.
    ///
    /// The samples of a stack are added up whatever the sizes of their blocks, since each label would be a series. What is
    /// larger than servers take loses its lightest stacks, as pprof does, and says so.
    ///
    /// - Parameters:
    ///   - origin: becomes the attributes of each process's resource.
    ///   - id: 16 bytes that tell this profile from all others; nil: none.
    ///   - limits: nil: the profile is written whole.
    ///   - compressed: whether it is gzipped, as a request may be; a file is not.
    package func otlp(
        origin: Origin, id: [UInt8]? = nil, limits: PprofLimits? = nil, compressed: Bool = false
    ) -> [UInt8] {
        let whole = PprofLimits(samples: .max, bytes: .max, depth: .max)
        let message = fitting(limits ?? whole, sizes: .together) { profile in
            var encoder = OtlpEncoder(profile: profile, origin: origin, id: id)
            return encoder.encode()
        }
        return compressed ? Gzip.pack(message) : message
    }
}

/// The state of one encoding: the tables of the dictionary as they grow. The first element of each means "none".
private struct OtlpEncoder {
    let profile: Profile
    let origin: Origin
    let id: [UInt8]?
    private var strings = Interner<String>()
    private var functions = Interner<Function>()
    private var attributes = Interner<Attribute>()
    private var stacks = Interner<[Int]>()

    private struct Function: Hashable {
        var name = ""
        var systemName = ""
        var file = ""
        var startLine = 0
    }

    fileprivate enum Value: Hashable {
        case string(String)
        case bool(Bool)
        case integer(Int64)
        case strings([String])
    }

    private struct Attribute: Hashable {
        var key: String
        var value: Value
    }

    init(profile: Profile, origin: Origin, id: [UInt8]?) {
        self.profile = profile
        self.origin = origin
        self.id = id
        _ = strings.index(of: "")
        _ = functions.index(of: Function())
        _ = attributes.index(of: Attribute(key: "", value: .string("")))
        _ = stacks.index(of: [])
    }

    mutating func encode() -> [UInt8] {
        var output = ProtobufWriter()
        for (number, process) in profile.processes.enumerated() {
            let profiles = profile.kinds.indices.map { encoded(kind: $0, process: number) }
            let resource = attributes(of: process)
            output.message(OtlpSchema.Request.resourceProfiles) { message in
                message.message(OtlpSchema.ResourceProfiles.resource) { message in
                    for attribute in resource {
                        message.message(OtlpSchema.Resource.attributes) {
                            $0.element(OtlpSchema.KeyValue.key, attribute.key)
                            $0.value(attribute.value)
                        }
                    }
                }
                message.message(OtlpSchema.ResourceProfiles.scopeProfiles) { message in
                    message.message(OtlpSchema.ScopeProfiles.scope) { $0.element(OtlpSchema.Scope.name, "silt") }
                    for profile in profiles { message.element(OtlpSchema.ScopeProfiles.profiles, profile) }
                }
            }
        }
        let dictionary = encodedDictionary()
        output.element(OtlpSchema.Request.dictionary, dictionary)
        return output.bytes
    }

    private func attributes(of process: Profile.Process) -> [Attribute] {
        var found = [Attribute(key: OtlpAttribute.service, value: .string(origin.service(of: process)))]
        if let host = origin.host { found.append(Attribute(key: OtlpAttribute.host, value: .string(host))) }
        if let pid = process.pid { found.append(Attribute(key: OtlpAttribute.pid, value: .integer(Int64(pid)))) }
        if !process.exe.isEmpty {
            found.append(Attribute(key: OtlpAttribute.executable, value: .string(process.exe)))
        }
        let buildID = profile.buildID(of: process)
        if !buildID.isEmpty { found.append(Attribute(key: OtlpAttribute.buildID, value: .string(buildID))) }
        if let end = origin.end { found.append(Attribute(key: OtlpAttribute.end, value: .string(end))) }
        return found
    }

    private mutating func string(_ string: String) -> UInt64 { UInt64(strings.index(of: string)) }

    private mutating func number(_ key: String, _ value: Value) -> UInt64 {
        UInt64(attributes.index(of: Attribute(key: key, value: value)))
    }

    private mutating func encoded(kind: Int, process: Int) -> [UInt8] {
        var output = ProtobufWriter()
        valueType(OtlpSchema.Profile.sampleType, profile.kinds[kind], in: &output)
        for sample in profile.samples where sample.process == process {
            let value = pprofFigure(sample.values[kind].value, isChange: profile.isChange)
            if value == 0 { continue }
            // The tables of the dictionary have nothing at 0.
            let stack = UInt64(stacks.index(of: sample.locations.map { $0 + 1 }))
            let cut = sample.truncated.map { number(OtlpAttribute.truncated, .string($0.words)) }
            output.message(OtlpSchema.Profile.samples) {
                $0.field(OtlpSchema.Sample.stack, stack)
                if let cut { $0.packed(OtlpSchema.Sample.attributes, [cut]) }
                $0.packed(OtlpSchema.Sample.values, [UInt64(bitPattern: value)])
            }
        }
        let period = profile.pprofPeriod
        output.fixed(OtlpSchema.Profile.time, profile.time)
        output.field(OtlpSchema.Profile.duration, profile.isChange ? profile.duration : 0)
        valueType(OtlpSchema.Profile.periodType, period.type, in: &output)
        output.field(OtlpSchema.Profile.period, period.length)
        if var id {
            // Each of the profiles needs one of its own.
            id[id.count - 1] ^= UInt8(truncatingIfNeeded: kind + profile.kinds.count * process)
            output.element(OtlpSchema.Profile.id, id)
        }
        let comments = profile.notes.map(\.sentence)
        if !comments.isEmpty {
            let comment = number(OtlpAttribute.comment, .strings(comments))
            output.packed(OtlpSchema.Profile.attributes, [comment])
        }
        return output.bytes
    }

    private mutating func valueType(_ field: Int, _ kind: Profile.Kind, in output: inout ProtobufWriter) {
        let (type, unit) = (string(kind.name), string(kind.unit))
        output.message(field) {
            $0.field(OtlpSchema.ValueType.type, type)
            $0.field(OtlpSchema.ValueType.unit, unit)
        }
    }

    private mutating func encodedDictionary() -> [UInt8] {
        var output = ProtobufWriter()
        encodeMappings(in: &output)
        encodeLocations(in: &output)
        encodeFunctions(in: &output)
        output.message(OtlpSchema.Dictionary.links) { _ in }
        for stack in stacks.values {
            output.message(OtlpSchema.Dictionary.stacks) { message in
                if !stack.isEmpty { message.packed(OtlpSchema.Stack.locations, stack.lazy.map { UInt64($0) }) }
            }
        }
        for (index, attribute) in attributes.values.enumerated() {
            let key = string(attribute.key)
            output.message(OtlpSchema.Dictionary.attributes) {
                if index == 0 { return }
                $0.field(OtlpSchema.KeyValueAndUnit.key, key)
                $0.value(attribute.value)
            }
        }
        for string in strings.values { output.element(OtlpSchema.Dictionary.strings, string) }
        return output.bytes
    }

    private mutating func encodeMappings(in output: inout ProtobufWriter) {
        output.message(OtlpSchema.Dictionary.mappings) { _ in }
        for mapping in profile.mappings {
            let filename = string(mapping.path)
            var numbers = [number(OtlpAttribute.hasFunctions, .bool(true))]
            if !mapping.buildID.isEmpty { numbers.append(number(OtlpAttribute.buildID, .string(mapping.buildID))) }
            output.message(OtlpSchema.Dictionary.mappings) {
                $0.field(OtlpSchema.Mapping.start, mapping.addresses.lowerBound)
                $0.field(OtlpSchema.Mapping.limit, mapping.addresses.upperBound)
                $0.field(OtlpSchema.Mapping.fileOffset, mapping.fileOffset)
                $0.field(OtlpSchema.Mapping.filename, filename)
                $0.packed(OtlpSchema.Mapping.attributes, numbers)
            }
        }
    }

    private mutating func encodeLocations(in output: inout ProtobufWriter) {
        let native = number(OtlpAttribute.frameType, .string("native"))
        output.message(OtlpSchema.Dictionary.locations) { _ in }
        for location in profile.locations {
            let lines = location.frames.map { (function($0), $0.line) }
            output.message(OtlpSchema.Dictionary.locations) { message in
                message.field(OtlpSchema.Location.mapping, UInt64(location.mapping.map { $0 + 1 } ?? 0))
                message.field(OtlpSchema.Location.address, location.address)
                for (function, line) in lines {
                    message.message(OtlpSchema.Location.lines) {
                        $0.field(OtlpSchema.Line.function, function)
                        $0.field(OtlpSchema.Line.line, Int64(line))
                    }
                }
                message.packed(OtlpSchema.Location.attributes, [native])
            }
        }
    }

    private mutating func function(_ frame: Frame) -> UInt64 {
        UInt64(
            functions.index(
                of: Function(
                    name: frame.function ?? frame.systemName ?? "", systemName: frame.systemName ?? "",
                    file: frame.file ?? "", startLine: frame.startLine)))
    }

    private mutating func encodeFunctions(in output: inout ProtobufWriter) {
        for function in functions.values {
            let (name, systemName) = (string(function.name), string(function.systemName))
            let file = string(function.file)
            output.message(OtlpSchema.Dictionary.functions) {
                $0.field(OtlpSchema.Function.name, name)
                $0.field(OtlpSchema.Function.systemName, systemName)
                $0.field(OtlpSchema.Function.filename, file)
                $0.field(OtlpSchema.Function.startLine, Int64(function.startLine))
            }
        }
    }
}

extension ProtobufWriter {
    /// An attribute's value; the field has the same number in both kinds of attributes.
    fileprivate mutating func value(_ value: OtlpEncoder.Value) {
        message(OtlpSchema.KeyValue.value) { message in
            switch value {
            case .string(let text): message.element(OtlpSchema.AnyValue.string, text)
            case .bool(let flag): message.field(OtlpSchema.AnyValue.bool, flag)
            case .integer(let number): message.field(OtlpSchema.AnyValue.integer, number)
            case .strings(let texts):
                message.message(OtlpSchema.AnyValue.array) { array in
                    for text in texts {
                        array.message(OtlpSchema.ArrayValue.values) { $0.element(OtlpSchema.AnyValue.string, text) }
                    }
                }
            }
        }
    }
}
