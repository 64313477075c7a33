// SPDX-License-Identifier: Apache-2.0
//
// Who is turned away, and with which words.

#if Serve
    import SiltDriver
    import TestSupport
    import Testing

    @testable import SiltServer

    @Suite struct DoorkeeperTests {
        private func status(
            _ doorkeeper: Doorkeeper, host: String? = "localhost", authorization: String? = nil, method: String = "GET",
            hasBody: Bool = false
        ) throws -> Int? {
            let question = try #require(
                Question(
                    method: method, target: "/metrics", host: host, authorization: authorization, hasBody: hasBody))
            return doorkeeper.refusal(of: question)?.status
        }

        @Test(arguments: [
            ("localhost:6060", true), ("LOCALHOST", true), ("127.0.0.1:6060", true), ("[::1]:6060", true),
            ("10.1.2.3:6060", true), ("evil.example:6060", false), ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false), ("127.0.0.256", false), ("", false), ("abc", false),
        ])
        func aNameThatIsNotKnownIsTurnedAway(host: String, isKnown: Bool) throws {
            let doorkeeper = try Doorkeeper(ServeOptions())
            #expect(try status(doorkeeper, host: host) == (isKnown ? nil : 421))
        }

        @Test func moreNamesCanBeAllowedAndNoneCountsOnASocket() throws {
            #expect(try status(Doorkeeper(ServeOptions(hosts: ["Box.internal"])), host: "box.internal:6060") == nil)
            let socket = ServeOptions(listen: .unix(path: "/run/silt.sock"))
            #expect(try status(Doorkeeper(socket), host: "anything") == nil)
            #expect(try status(Doorkeeper(ServeOptions()), host: nil) == 421)
        }

        @Test func onlyReadingWithoutABodyIsAnswered() throws {
            let doorkeeper = try Doorkeeper(ServeOptions())
            #expect(try status(doorkeeper, method: "HEAD") == nil)
            #expect(try status(doorkeeper, method: "POST") == 405)
            #expect(try status(doorkeeper, method: "OPTIONS") == 405)
            #expect(try status(doorkeeper, hasBody: true) == 413)
            for (path, refusal) in [
                ("/debug/pprof/symbol", nil), ("/targets/shop-7/debug/pprof/symbol", nil), ("/debug/pprof/heap", 405),
                ("/symbol", 405), ("/debug/pprof/symbol/more", 405),
            ] as [(String, Int?)] {
                let question = try #require(
                    Question(method: "POST", target: path, host: "localhost", hasBody: true))
                #expect(doorkeeper.refusal(of: question)?.status == refusal)
            }
        }

        @Test func theTokenMustBeRightToTheLastByte() throws {
            let bench = try Workbench()
            let token = "0123456789abcdef0123456789abcdef"
            let path = try bench.write("  \(token)\n", to: "token")
            let doorkeeper = try Doorkeeper(ServeOptions(tokenFile: path))
            #expect(try status(doorkeeper, authorization: "Bearer \(token)") == nil)
            #expect(try status(doorkeeper, authorization: "bearer \(token)") == nil)
            // printf any:0123456789abcdef0123456789abcdef | base64
            #expect(
                try status(doorkeeper, authorization: "Basic YW55OjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm") == nil)
            for wrong in [
                nil, "", "Bearer", "Bearer ", "Bearer \(token.dropLast())", "Bearer \(token)0",
                "Bearer \(token)\(token)",
                "Bearer \(token.dropLast())e", "Basic \(token)", "Basic !!", "Token \(token)",
            ] as [String?] {
                #expect(try status(doorkeeper, authorization: wrong) == 401, "\(wrong ?? "none")")
            }
            // Who may not ask is not told more than that.
            #expect(try status(doorkeeper, method: "POST") == 401)
        }

        @Test func othersNeedLeaveAndAToken() throws {
            let bench = try Workbench()
            let token = try bench.write("0123456789abcdef", to: "token")
            let all = try #require(ListenAddress(":6060"))
            #expect(throws: Failure.self) { try Doorkeeper(ServeOptions(listen: all)) }
            #expect(throws: Failure.self) { try Doorkeeper(ServeOptions(listen: all, allowsRemote: true)) }
            #expect(throws: Failure.self) { try Doorkeeper(ServeOptions(listen: all, tokenFile: token)) }
            #expect(throws: Never.self) {
                try Doorkeeper(ServeOptions(listen: all, allowsRemote: true, tokenFile: token))
            }
            let short = try bench.write("0123456789abcde", to: "short")
            #expect(throws: Failure.self) { try Doorkeeper(ServeOptions(tokenFile: short)) }
            let two = try bench.write("0123456789abcdef 0123", to: "two")
            #expect(throws: Failure.self) { try Doorkeeper(ServeOptions(tokenFile: two)) }
            #expect(throws: Failure.self) { try Doorkeeper(ServeOptions(tokenFile: bench.path("none"))) }
        }

        @Test(arguments: [
            ("127.0.0.1:6060", true), ("127.9.9.9:1", true), ("localhost:6060", true), ("[::1]:6060", true),
            ("unix:/run/silt.sock", true), (":6060", false), ("0.0.0.0:6060", false), ("[::]:6060", false),
            ("127.0.0.1.evil.example:6060", false), ("10.0.0.1:80", false),
        ])
        func whatIsLocal(text: String, isLocal: Bool) throws {
            #expect(try #require(ListenAddress(text)).isLocal == isLocal)
        }

        @Test(arguments: ["6060", "localhost", "localhost:", "localhost:65536", "::1:6060", "unix:", ""])
        func whatIsNoAddress(text: String) { #expect(ListenAddress(text) == nil) }
    }
#endif
