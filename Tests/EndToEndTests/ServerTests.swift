// SPDX-License-Identifier: Apache-2.0
//
// Widely used servers under load: they answer as without Silt, end as without it, and their own functions show.

import Glibc
import SiltFile
import TestSupport
import Testing

@Suite struct ServerTests {
    private func underSilt(_ interval: Int?, _ directory: String, _ command: [String]) -> [String] {
        let often = interval.map { ["--interval", "\($0)"] } ?? []
        return [SiltCommand.path, "run"] + often + ["--dir", directory, "--"] + command
    }

    // MARK: redis, whose allocator is jemalloc

    @Test(.enabled(if: Workbench.find("redis-server") != nil && Workbench.find("redis-benchmark") != nil))
    func redisAnswersAndShowsItsKeys() throws {
        let bench = try Workbench()
        let socket = bench.path("socket")
        let command = [
            "/usr/bin/redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", bench.directory,
        ]
        let cli = ["/usr/bin/redis-cli", "-s", socket]
        var answers: [String] = []
        for command in [command, underSilt(16384, bench.directory, command)] {
            let server = try Program(command)
            try server.wait(for: "eady to accept connections")
            try bench.run(
                ["/usr/bin/redis-benchmark", "-q", "-s", socket, "-n", "2000", "-r", "1000", "-t", "set,lpush,hset"])
            answers.append(
                try bench.run(
                    cli, input: "set a 1\nincr a\nappend b 0123456789\nstrlen b\nlrange none 0 -1\ndebug object none\n")
            )
            if answers.count == 2 {
                let top = try SiltCommand.report("top", "\(server.pid)", "-n", "1000", "--dir", bench.directory)
                let names = Report(top).names
                for name in ["dictAddRaw", "aeCreateEventLoop", "processCommand"] {
                    #expect(names.contains(name), "\(top)")
                }
            }
            try bench.run(cli + ["shutdown", "nosave"])
            #expect(try server.finish().status == 0)
        }
        #expect(answers[0] == answers[1])
        #expect(Catalog(directories: [bench.directory]).dumps.map(\.header.dump?.reason) == [.exit])
    }

    // MARK: nginx, a master with workers

    @Test(.enabled(if: Workbench.find("nginx") != nil && Workbench.find("curl") != nil)) func nginxServesAFile() throws
    {
        let bench = try Workbench()
        let sessions = bench.path("sessions")
        let text = (0..<5000).map { "line \($0)\n" }.joined()
        try bench.write(text, to: "text")
        try bench.run(["/bin/chmod", "755", bench.directory])
        try bench.run(["/bin/mkdir", "-m", "1777", sessions])
        let configuration = try bench.write(
            """
            daemon off; worker_processes 2; pid \(bench.path("pid")); error_log /dev/stdout notice;
            events { worker_connections 64; }
            http {
              access_log off; gzip on; gzip_types *;
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
              uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              server { listen unix:\(bench.path("socket")); root \(bench.directory); }
            }
            """, to: "nginx.conf")
        let nginx = try #require(Workbench.find("nginx"))
        let server = try Program(
            underSilt(512, sessions, [nginx, "-p", bench.directory, "-c", configuration]))
        try server.wait(for: "start worker process ")
        for _ in 0..<20 {
            let page = try bench.run([
                "/usr/bin/curl", "-sS", "--compressed", "--unix-socket", bench.path("socket"), "http://localhost/text",
            ])
            #expect(page == text)
        }
        let top = try SiltCommand.report("top", "nginx", "--merge", "-n", "1000", "--dir", sessions)
        #expect(Report(top).names.contains { $0.hasPrefix("ngx_") }, "\(top)")
        server.signal(SIGQUIT)
        #expect(try server.finish().status == 0)
        let dumps = Catalog(directories: [sessions]).dumps
        #expect(dumps.contains { $0.header.pid == server.pid && !$0.header.flags.contains(.forked) })
        #expect(dumps.contains { $0.header.flags.contains(.forked) })
    }

    // MARK: postgres, a process for each connection

    private static let postgres = "/usr/lib/postgresql/15/bin"
    private static let asPostgres = [
        "/usr/bin/setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups",
    ]
    private static let hasPostgres =
        geteuid() == 0 && Workbench.find("pgbench") != nil
        && (try? Program(asPostgres + ["\(postgres)/postgres", "--version"]).finish().status) == 0
        && (try? Program(asPostgres + ["/usr/bin/test", "-x", SiltCommand.path]).finish().status) == 0

    @Test(.enabled(if: hasPostgres)) func aHundredConnectionsToPostgresTakeLittleDisk() throws {
        let bench = try Workbench()
        let (data, sessions) = (bench.path("data"), bench.path("sessions"))
        try bench.run(["/bin/chmod", "755", bench.directory])
        for folder in [data, sessions] {
            try bench.run(["/usr/bin/install", "-d", "-m", "700", "-o", "postgres", "-g", "postgres", folder])
        }
        try bench.run(
            Self.asPostgres + ["\(Self.postgres)/initdb", "-D", data, "-A", "trust", "--no-sync", "-U", "postgres"])
        let server = try Program(
            Self.asPostgres
                + underSilt(
                    nil, sessions,
                    [
                        "\(Self.postgres)/postgres", "-D", data, "-k", data, "-c", "listen_addresses=", "-c",
                        "max_connections=120", "-c", "fsync=off", "-c", "autovacuum=off", "-c",
                        "log_destination=stderr",
                    ]))
        let connect = ["/usr/bin/pgbench", "-h", data, "-U", "postgres"]
        while try Program(["/usr/bin/pg_isready", "-q", "-h", data]).finish().status != 0 {
            try #require(!server.hasEnded)
        }
        try bench.run(connect + ["-i", "-q", "postgres"])

        try bench.run(connect + ["-S", "-n", "-c", "100", "-j", "2", "-t", "20", "postgres"])

        // Holds its connections until it is told to stop.
        let load = try Program(connect + ["-S", "-n", "-c", "100", "-j", "2", "-T", "3600", "postgres"])
        var peak = 0, count = 0
        while !load.hasEnded && count < 50 {
            count = Catalog(directories: [sessions]).sessions.count
            peak = max(peak, try kibibytes(of: sessions))
        }
        let top = try SiltCommand.report("top", "postgres", "--merge", "-n", "1000", "--dir", sessions)
        count = max(count, Catalog(directories: [sessions]).sessions.count)
        peak = max(peak, try kibibytes(of: sessions))
        load.signal(SIGTERM)
        _ = try load.finish()
        print("postgres, 100 connections: \(count) sessions of Silt take \(peak) KiB on disk")
        #expect(count >= 50)
        #expect(peak < 50 << 10)
        let names = Report(top).names
        for name in ["PostmasterMain", "InitCatCache"] { #expect(names.contains(name), "\(top)") }

        server.signal(SIGINT)
        #expect(try server.finish().status == 0)
        #expect(Catalog(directories: [sessions]).sessions.isEmpty)
    }

    private func kibibytes(of directory: String) throws -> Int {
        // Files come and go while du runs, so that its exit status says nothing.
        let output = try Program(["/usr/bin/du", "-sk", directory]).finish().output
        return output.split(separator: "\t").first.flatMap { Int($0) } ?? 0
    }
}
