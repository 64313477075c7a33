// SPDX-License-Identifier: Apache-2.0
//
// Folded stacks, speedscope and JSON: whole outputs of a small profile, and what hostile names do.

import SiltProfile
import SiltSymbols
import TestFixtures
import Testing

@testable import SiltReport

@Suite struct FoldedTests {
    @Test func foldedStacksAreRootFirstAndSorted() {
        #expect(
            PprofFixture.small.folded(kind: .inuseSpace) == """
                [incomplete stack: depth];serve(Request const&) 4096
                main;libplain.so+0x1040 100
                main;serve(Request const&);Cache.insert(_:);grow 67108864
                main;serve(Request const&);std::vector<int>::push_back(int&&) 1048576

                """)
    }

    @Test func foldedDiffIsSignedAndLeavesOutWhatStayed() {
        #expect(
            PprofFixture.diff.folded(kind: .inuseSpace) == """
                main;serve(Request const&);Cache.insert(_:);grow 16777216
                main;serve(Request const&);std::vector<int>::push_back(int&&) -524288

                """)
    }

    @Test func equalStacksAreSummedUp() {
        let profile = stackProfile([("a;b", 1, 1), ("a;c", 2, 1), ("a;b", 40, 1)])
        #expect(profile.folded(kind: .inuseSpace) == "a;b 41\na;c 2\n")
    }

    @Test func separatorsInNamesDoNotSplitFrames() {
        var profile = stackProfile([("a", 1, 1)])
        profile.locations[0].frames[0].function = "operator;\nnew"
        #expect(profile.folded(kind: .inuseSpace) == "operator:\u{fffd}new 1\n")
    }

    @Test func speedscopeHasAFrameTableAndAProfileForEachKind() {
        let profile = stackProfile([("a;b@x.c:7", 3, 1), ("a", 1, 1)])
        #expect(
            String(decoding: profile.speedscope(), as: UTF8.self)
                == #"{"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"silt","name":"","#
                + #""activeProfileIndex":0,"shared":{"frames":[{"name":"b","file":"x.c"},{"name":"a"}]},"#
                + #""profiles":[{"type":"sampled","name":"inuse_space","unit":"bytes","startValue":0,"endValue":4,"#
                + #""samples":[[1,0],[1]],"weights":[3,1]}]}"# + "\n")
    }

    @Test func speedscopeOfADiffKeepsGrowthAndShrinkageApart() {
        let text = String(decoding: stackProfile([("a", 3, 1), ("b", -2, 1)]).speedscope(), as: UTF8.self)
        #expect(text.contains(#""name":"inuse_space","unit":"bytes","startValue":0,"endValue":3,"samples":[[0]]"#))
        #expect(
            text.contains(#""name":"inuse_space (shrunk)","unit":"bytes","startValue":0,"endValue":2,"samples":[[1]]"#))
    }

    @Test func jsonMirrorsTheProfile() throws {
        var profile = stackProfile([("main;serve@serve.c:12", 5, 2)])
        profile.processes = [Profile.Process(name: "demo", pid: 9, exe: "/opt/demo")]
        profile.notes = [.told("1 sample was lost.")]
        profile.interval = 512
        // The limits that every other report gives: of bytes sampled one in 512.
        let limits = try #require(profile.confidence(in: .inuseSpace)).interval(of: profile.total(kind: .inuseSpace))
        #expect(limits.lower > 1.5 && limits.upper > 11 && limits.upper < 12)
        let figure = #"{"value":5,"lower":\#(limits.lower),"upper":\#(limits.upper),"samples":2,"variance":5}"#
        #expect(
            String(decoding: profile.json(), as: UTF8.self)
                == #"{"format":"silt-profile","version":1,"interval":512,"time_nanos":0,"duration_nanos":0,"#
                + #""processes":[{"name":"demo","pid":9,"exe":"/opt/demo"}],"notes":["1 sample was lost."],"#
                + #""kinds":[{"name":"inuse_space","unit":"bytes","total":\#(figure)}],"#
                + #""mappings":[{"start":"0x10000","limit":"0x20000","file_offset":"0x0","#
                + #""path":"/opt/app/service","build_id":""}],"#
                + #""locations":[{"address":"0x10000","mapping":0,"frames":[{"function":"serve","system_name":null,"#
                + #""file":"serve.c","line":12,"start_line":0,"inlined":false}]},"#
                + #"{"address":"0x10100","mapping":0,"frames":[{"function":"main","system_name":null,"#
                + #""file":null,"line":0,"start_line":0,"inlined":false}]}],"#
                + #""samples":[{"locations":[0,1],"block_size":0,"truncated":null,"guessed":false,"process":0,"#
                + #""values":[\#(figure)]}]}"# + "\n")
    }

    @Test func jsonEscapesWhatAPageOrAReaderWouldTrip() {
        var writer = JsonWriter()
        writer.string("</script><!-- \"quote\" \\ \u{1} \u{1f} \n é 🙂")
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #""\u003c/script>\u003c!-- \"quote\" \\ \u0001 \u001f \u000a é 🙂""#)
    }

    @Test func numbersWithoutAFormInJsonAreNull() {
        var writer = JsonWriter()
        writer.array([1, -0.5, 1e300, .nan, .infinity]) { $0.number($1) }
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "[1,-0.5,1e+300,null,null]")
    }
}
