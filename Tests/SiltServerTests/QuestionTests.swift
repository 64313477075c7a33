// SPDX-License-Identifier: Apache-2.0
//
// Addresses as clients send them, honest and other.

#if Serve
    import Testing

    @testable import SiltServer

    @Suite struct QuestionTests {
        @Test func anAddressIsTakenApart() throws {
            let question = try #require(Question(target: "/targets//pay%20ments-8/debug/pprof/heap?seconds=5&debug=&x"))
            #expect(question.path == ["targets", "pay ments-8", "debug", "pprof", "heap"])
            #expect(question.parameters["seconds"] == "5")
            #expect(question.parameters["debug"] == "")
            #expect(question.parameters["x"] == "")
            #expect(question.parameters["y"] == nil)
            #expect(!question.endsWithSlash)
            #expect(try #require(Question(target: "/debug/pprof/")).endsWithSlash)
            #expect(try #require(Question(target: "/?seconds=1&seconds=2")).parameters["seconds"] == "1")
        }

        @Test(arguments: ["", "targets", "http://localhost/", "*", "/%", "/%4", "/%zz", "/%ff", "/a%00b", "/?a=%f0"])
        func whatMakesNoSense(target: String) { #expect(Question(target: target) == nil) }

        @Test(arguments: [
            ("-3h", PastMoment.ago(seconds: 10_800)), ("-90m", .ago(seconds: 5400)), ("-1h30m", .ago(seconds: 5400)),
            ("1700000000", .at(seconds: 1_700_000_000)),
        ])
        func momentsOfThePast(text: String, moment: PastMoment) { #expect(PastMoment(text) == moment) }

        @Test(arguments: ["3h", "-", "--3h", "-3x", "yesterday", "-99999999999999999999", "1e9"])
        func whatIsNoMoment(text: String) { #expect(PastMoment(text) == nil) }

        @Test(arguments: [
            ("seconds=0", 1), ("seconds=-1", 1), ("seconds=x", 1), ("seconds=301", 1), ("seconds=5&debug=1", 1),
            ("seconds=5&base=-3h", 1), ("base=x", 1), ("seconds=5", 0), ("seconds=", 0), ("debug=x", 0), ("gc=1", 0),
            ("debug=1", 0), ("at=-1h&base=-2h", 0),
        ])
        func whatContradictsItselfIsRefused(query: String, refusals: Int) throws {
            let question = try #require(Question(target: "/?\(query)"))
            var refused = 0
            do { _ = try PprofQuestion(question.parameters, for: .heap) } catch { refused = 1 }
            #expect(refused == refusals)
        }
    }
#endif
