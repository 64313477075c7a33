// SPDX-License-Identifier: Apache-2.0
//
// `silt serve` as its users run it: the command, curl and go tool pprof.

#if Serve
    import Glibc
    import SiltPprof
    import SiltProfile
    import TestSupport
    import Testing

    @Suite struct ServeTests {
        private static let curl = Workbench.find("curl")
        private static let go = Workbench.find("go")

        /// The command, and what it serves.
        private final class Served {
            let bench: Workbench
            let server: Program
            let address: String

            init(_ options: String..., listen: String = "127.0.0.1:0") throws {
                let bench = try Workbench()
                self.bench = bench
                server = try Program(
                    [SiltCommand.path, "serve", "--listen", listen.replacing("$D", with: bench.directory), "--dir"]
                        + [bench.directory] + options.map { $0.replacing("$D", with: bench.directory) })
                let line = try server.lines(through: "serving at ").last ?? ""
                address = String(line.dropFirst("serving at ".count))
            }

            func service(leak: String = "tokens") throws -> (program: Program, port: String) {
                let program = try Program(
                    [Victims.program("PaymentService"), "--port", "0", "--leak", leak],
                    environment: Victims.environment(directory: bench.directory, interval: nil))
                let line = try program.lines(through: "listening on ").last ?? ""
                return (program, String(line.split(separator: ":").last ?? ""))
            }

            func load(_ port: String, _ requests: Int) throws {
                try bench.run([Victims.program("Load"), port, "\(requests)", "8"])
            }

            func curl(_ arguments: String...) throws -> String { try bench.run(["curl", "-sS"] + arguments) }
        }

        // MARK: The seed's workflow

        @Test(.enabled(if: curl != nil && go != nil)) func goToolPprofNamesTheLeak() throws {
            let served = try Served()
            let (service, port) = try served.service()
            try served.load(port, 5000)
            let heap = served.address + "debug/pprof/heap"
            _ = try served.curl("-o", "base.prof", heap)
            try served.load(port, 20_000)
            _ = try served.curl("-o", "after.prof", heap)
            let go = ["env", "PPROF_TMPDIR=\(served.bench.directory)", "go", "tool", "pprof"]
            let difference = try served.bench.run(go + ["-base", "base.prof", "-top", "after.prof"])
            // Allocators and runtimes are left out, so that the first line is the leak.
            let rows = difference.split(separator: "\n").drop { !$0.contains("flat%") }.dropFirst()
            #expect(rows.first?.contains(" TokenCache.insert") == true, "\(difference)")
            let top = try served.bench.run(go + ["-top", "-cum", heap])
            #expect(top.contains("Type: inuse_space"))
            #expect(top.contains("PaymentProcessor"))
            let delta = try served.bench.run(go + ["-top", heap + "?seconds=1"])
            #expect(delta.contains("Duration: 1"), "\(delta)")
            let threads = try served.curl(served.address + "debug/pprof/goroutine?debug=1")
            #expect(threads.hasPrefix("goroutine profile: total "))
            for name in [
                "allocs", "goroutine", "threadcreate", "block", "mutex", "profile?seconds=1", "delta_heap",
                "allocs?seconds=1", "goroutine?seconds=1", "goroutine?debug=1", "threadcreate?debug=1", "block?debug=1",
            ] { _ = try served.bench.run(go + ["-raw", served.address + "debug/pprof/" + name]) }
            // The text has addresses only, whose names pprof asks for.
            let text = try served.bench.run(go + ["-top", "-symbolize=remote", heap + "?debug=1"])
            #expect(text.contains("TokenCache.insert"), "\(text)")
            #expect(!service.hasEnded)
        }

        // MARK: Its life

        @Test(.enabled(if: curl != nil)) func aSocketIsForItsUserAlone() throws {
            let served = try Served(listen: "unix:$D/socket")
            let socket = served.bench.path("socket")
            #expect(try served.bench.run(["stat", "-c", "%a %F", socket]) == "700 socket\n")
            #expect(try served.curl("--unix-socket", socket, "http://whatever/healthz") == "ok\n")
            // Nobody takes it from a server that lives.
            let second = try SiltCommand.run("serve", "--listen", "unix:\(socket)", "--dir", served.bench.directory)
            #expect(second.status == 3 && second.errors.hasSuffix("another server uses that address\n"))
            #expect(try served.curl("--unix-socket", socket, "http://whatever/healthz") == "ok\n")
            served.server.signal(SIGTERM)
            #expect(try served.server.finish().status == 0)
            #expect(Workbench.find(socket) == nil)
        }

        @Test func aSocketThatAKilledServerHasLeftIsTakenOver() throws {
            let served = try Served(listen: "unix:$D/socket")
            served.server.signal(SIGKILL)
            _ = try served.server.finish()
            let next = try Program(
                [SiltCommand.path, "serve", "--listen", "unix:\(served.bench.path("socket"))", "--dir"]
                    + [served.bench.directory])
            _ = try next.lines(through: "serving at ")
        }

        @Test func whereItCannotListenItSaysWhy() throws {
            let bench = try Workbench()
            let file = try bench.write("precious", to: "file")
            for (place, why) in [(file, "that file is no socket"), ("\(file)/socket", "Not a directory")] {
                let outcome = try SiltCommand.run("serve", "--listen", "unix:\(place)", "--dir", bench.directory)
                #expect(outcome.status == 3 && outcome.errors.hasPrefix("silt: cannot serve at unix:\(place): "))
                #expect(outcome.errors.contains(why))
            }
            #expect(try Workbench.read(file) == Array("precious".utf8))
        }

        @Test(.enabled(if: curl != nil)) func whatIsUnderWayIsFinishedAtSIGTERM() throws {
            let served = try Served()
            let (service, _) = try served.service()
            // One more than may wait: it is turned away when, and only when, all others are being answered.
            let client = try Program(
                [
                    "stdbuf", "-oL", "curl", "-sS", "--parallel", "--parallel-immediate", "-o", "/dev/null", "-w",
                    "%{http_code}\n",
                ]
                    + [served.address + "debug/pprof/heap?seconds=5&client=[1-17]"])
            #expect(client.nextLine() == "503")
            served.server.signal(SIGTERM)
            #expect(try client.finish().output == String(repeating: "200\n", count: 16))
            #expect(try served.server.finish().status == 0)
            #expect(!service.hasEnded)
        }

        @Test func whatOthersCouldReachNeedsAToken() throws {
            let outcome = try SiltCommand.run("serve", "--listen", ":0")
            #expect(outcome.status == 2)
            #expect(outcome.errors.contains("--allow-remote and --token-file"))
            let twice = try Served()
            let port = twice.address.split(separator: ":").last?.dropLast() ?? ""
            let second = try SiltCommand.run("serve", "--listen", "127.0.0.1:\(port)")
            #expect(second.status == 3)
            #expect(second.errors.contains("cannot serve at 127.0.0.1:\(port)"))
        }

        @Test(.enabled(if: curl != nil && go != nil)) func aTokenOpensForCurlAndForGo() throws {
            let bench = try Workbench()
            let token = try bench.write("0123456789abcdef0123456789abcdef\n", to: "token")
            let served = try Served("--allow-remote", "--token-file", token, listen: "0.0.0.0:0")
            let (service, _) = try served.service()
            let port = served.address.split(separator: ":").last?.dropLast() ?? ""
            let status = ["-o", "/dev/null", "-w", "%{http_code}"]
            let address = "http://127.0.0.1:\(port)/debug/pprof/heap"
            func answer(_ more: String...) throws -> String {
                try bench.run(["curl", "-sS"] + status + more + [address])
            }
            #expect(try answer() == "401\n")
            #expect(try answer("-H", "Authorization: Bearer 0123456789abcdef0123456789abcdee") == "401\n")
            #expect(try answer("-H", "Authorization: Bearer 0123456789abcdef0123456789abcdef") == "200\n")
            _ = try bench.run([
                "env", "PPROF_TMPDIR=\(bench.directory)", "go", "tool", "pprof", "-top",
                "http://x:0123456789abcdef0123456789abcdef@127.0.0.1:\(port)/debug/pprof/heap",
            ])
            #expect(!service.hasEnded)
        }
    }
#endif
