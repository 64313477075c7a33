// SPDX-License-Identifier: Apache-2.0
//
// OTLP profiles read by OpenTelemetry's own message classes, which refuse what is not of the schema.

import SiltProfile
import SiltSymbols
import TestFixtures
import TestSupport
import Testing

@testable import SiltPprof

@Suite(.enabled(if: Python.has("opentelemetry.proto.profiles"), "\(Python.missing("opentelemetry-proto"))"))
struct OtlpTests {
    private let origin = Origin(host: "web-1", service: "shop")

    /// Reads a request, checks every reference, and prints what it holds with its names.
    private static let reader = """
        import sys
        from opentelemetry.proto.collector.profiles.v1development import profiles_service_pb2 as service
        from opentelemetry.proto.profiles.v1development import profiles_pb2 as profiles

        data = open(sys.argv[1], "rb").read()
        request = service.ExportProfilesServiceRequest.FromString(data)
        assert request.SerializeToString(deterministic=True)
        assert profiles.ProfilesData.FromString(data).dictionary == request.dictionary
        book = request.dictionary
        strings = book.string_table

        def unknown(message):
            from google.protobuf.unknown_fields import UnknownFieldSet
            assert not list(UnknownFieldSet(message)), message
            for field, value in message.ListFields():
                if field.message_type:
                    for part in value if field.is_repeated else [value]:
                        unknown(part)

        def text(value):
            kind = value.WhichOneof("value")
            if kind == "array_value":
                return [text(part) for part in value.array_value.values]
            return getattr(value, kind)

        def attributes(indices):
            assert all(0 < index for index in indices)
            found = {strings[book.attribute_table[i].key_strindex]: text(book.attribute_table[i].value) for i in indices}
            assert len(found) == len(indices)
            return dict(sorted(found.items()))

        unknown(request)
        assert strings[0] == "" and len(set(strings)) == len(strings)
        for table in "mapping", "location", "function", "link", "attribute", "stack":
            first = getattr(book, table + "_table")[0]
            assert first == type(first)() or table == "attribute", table
        for mapping in book.mapping_table[1:]:
            print("mapping", hex(mapping.memory_start), strings[mapping.filename_strindex],
                  attributes(mapping.attribute_indices))
        ids = []
        for resource in request.resource_profiles:
            print("resource", {a.key: text(a.value) for a in resource.resource.attributes})
            for profile in resource.scope_profiles[0].profiles:
                ids.append(profile.profile_id)
                print("profile", strings[profile.sample_type.type_strindex], strings[profile.sample_type.unit_strindex],
                      strings[profile.period_type.type_strindex], profile.period, profile.time_unix_nano,
                      profile.duration_nano, attributes(profile.attribute_indices))
                for sample in profile.samples:
                    assert len(sample.values) == 1 and not sample.link_index
                    names = []
                    for index in book.stack_table[sample.stack_index].location_indices:
                        location = book.location_table[index]
                        assert index and attributes(location.attribute_indices) == {"profile.frame.type": "native"}
                        assert location.mapping_index < len(book.mapping_table)
                        for line in location.lines:
                            names.append(strings[book.function_table[line.function_index].name_strindex])
                    print(" ", sample.values[0], ";".join(names), attributes(sample.attribute_indices))
        print(len(set(ids)), sorted({len(id) for id in ids}))
        """

    private func read(_ bytes: [UInt8]) throws -> String {
        let bench = try Workbench()
        return try Python.run(Self.reader, bench.write(bytes, to: "request"))
    }

    @Test func eachFigureIsAProfileOverOneDictionary() throws {
        let id: [UInt8] = Array(1...16)
        let text = try read(PprofFixture.small.otlp(origin: origin, id: id))
        let note = "{'pprof.profile.comment': ['3 samples (1.5 MiB) were not recorded: stacks full.']}"
        let moment = "1 1700000000000000000 0 \(note)"
        #expect(
            text == """
                mapping 0x555500001000 /opt/demo/server {'pprof.mapping.has_functions': True, \
                'process.executable.build_id.gnu': 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334'}
                mapping 0x7f0000001000 /usr/lib/libplain.so {'pprof.mapping.has_functions': True}
                resource {'service.name': 'shop', 'host.name': 'web-1', 'process.pid': 4242, \
                'process.executable.path': '/opt/demo/server', \
                'process.executable.build_id.gnu': 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334'}
                profile alloc_objects count space \(moment)
                  20 grow;Cache.insert(_:);serve(Request const&);main {}
                  2048 std::vector<int>::push_back(int&&);serve(Request const&);main {}
                  8 serve(Request const&) {'silt.stack.truncated': 'depth'}
                  1 libplain.so+0x1040;main {}
                profile alloc_space bytes space \(moment)
                  83886080 grow;Cache.insert(_:);serve(Request const&);main {}
                  2097152 std::vector<int>::push_back(int&&);serve(Request const&);main {}
                  8192 serve(Request const&) {'silt.stack.truncated': 'depth'}
                  100 libplain.so+0x1040;main {}
                profile inuse_objects count space \(moment)
                  16 grow;Cache.insert(_:);serve(Request const&);main {}
                  1024 std::vector<int>::push_back(int&&);serve(Request const&);main {}
                  4 serve(Request const&) {'silt.stack.truncated': 'depth'}
                  1 libplain.so+0x1040;main {}
                profile inuse_space bytes space \(moment)
                  67108864 grow;Cache.insert(_:);serve(Request const&);main {}
                  1048576 std::vector<int>::push_back(int&&);serve(Request const&);main {}
                  4096 serve(Request const&) {'silt.stack.truncated': 'depth'}
                  100 libplain.so+0x1040;main {}
                4 [16]

                """)
    }

    @Test func eachProcessIsAResource() throws {
        var profile = PprofFixture.small
        profile.processes.append(Profile.Process(name: "worker", pid: 4243, exe: "/opt/demo/server"))
        profile.samples[1].process = 1
        let text = try read(profile.otlp(origin: Origin(), id: Array(1...16)))
        #expect(text.matches(of: /resource \{'service.name': '(server|worker)', 'process.pid'/).count == 2)
        #expect(text.hasSuffix("8 [16]\n"))
    }

    @Test func aChangeHasItsDuration() throws {
        let text = try read(PprofFixture.diff.otlp(origin: origin))
        #expect(text.contains("profile inuse_space bytes space 1 1700000000000000000 60000000000"))
        #expect(text.contains("  -524288 std::vector"))
    }

    @Test func anEmptyHeapIsRead() throws {
        var empty = PprofFixture.small
        empty.samples = []
        #expect(try read(empty.otlp(origin: origin)).contains("profile inuse_space bytes"))
    }

    @Test func whatIsTooLargeLosesItsLightestStacks() throws {
        let limits = PprofLimits(samples: 2, bytes: 4 << 20)
        let text = try read(PprofFixture.small.otlp(origin: origin, limits: limits))
        #expect(text.contains("'left out, since servers take no more: the lightest 2 of 4 stacks, which hold "))
        #expect(text.matches(of: /(?m)^  [0-9]/).count == 8)
        #expect(!text.contains("libplain.so"))
    }
}
