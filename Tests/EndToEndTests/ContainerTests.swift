// SPDX-License-Identifier: Apache-2.0
//
// Processes whose sessions this reader cannot find by their names: in a container, made here of namespaces, and of a
// user whose files in /dev/shm were removed.

import Glibc
import SiltFile
import SiltPprof
import SiltProfile
import SiltSymbols
import TestSupport
import Testing

@Suite struct ContainerTests {
    private static let unshare = ["/usr/bin/unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    static let isPossible = (try? Program(unshare + ["/bin/true"]).finish().status) == 0

    /// Starts Orders, called `name`, as process 1 of a container in which a tmpfs lies over `directory`. The program and its
    /// session are on that, so that neither has a path on the host. Tests run at the same time, and a name stands for all
    /// processes of the host that have it: each has its own.
    private func contained(
        in bench: Workbench, _ directory: String, as name: String
    ) throws -> (Program, pid: UInt32) {
        let program = try Program(
            Self.unshare + [
                "/bin/sh", "-c",
                "mount -t tmpfs inner \(directory) && cp \(Victims.program("Orders")) \(directory)/\(name) && "
                    + "exec env LD_PRELOAD=\(Victims.shim) SILT_DIR=\(directory) SILT_INTERVAL=1 \(directory)/\(name)",
            ])
        _ = try program.lines(through: "ready")
        let children = try Workbench.read("/proc/\(program.pid)/task/\(program.pid)/children")
        let pid = String(decoding: children, as: UTF8.self).split(separator: " ").first.flatMap { UInt32($0) }
        return (program, try #require(pid))
    }

    @Test(.enabled(if: isPossible)) func aContainersSessionIsFoundByThePidThatTheHostCounts() throws {
        let bench = try Workbench()
        try bench.run(["/bin/mkdir", "inner", "dumps"])
        let name = "boxed\(getpid())"
        let (program, pid) = try contained(in: bench, bench.path("inner"), as: name)
        defer { program.signal(SIGKILL) }
        let session = "/proc/\(pid)/root\(bench.path("inner"))/\(name).1.live.silt"
        let doctor = try SiltCommand.report("doctor", "\(pid)")
        #expect(doctor.hasPrefix("process \(pid): profiled, session \(session)\n"), "\(doctor)")
        #expect(doctor.contains("has debug information"))
        // Names come from the container's files.
        let top = try SiltCommand.report("top", "\(pid)", "--by", "inuse_objects", "--no-hide-runtime")
        #expect(Report(top).flat["load_catalogue"] == "100", "\(top)")
        #expect(try SiltCommand.report("top", name, "--by", "inuse_objects").contains("load_catalogue"))
        let dumps = bench.path("dumps")
        let dump = try SiltCommand.run("dump", "\(pid)", "--dir", dumps)
        #expect(dump.output == "\(dumps)/\(name).1.r1.silt\n")
        #expect(dump.errors.isEmpty)
        let header = try Session(contentsOf: "\(dumps)/\(name).1.r1.silt").header
        #expect(header.pid == 1 && header.dump?.rss ?? 0 > 0)
        #expect(try SiltCommand.report("rss", "\(pid)").hasPrefix("File: \(name) (pid \(pid))\n"))
        #expect(try SiltCommand.report("threads", "\(pid)").contains("Threads: 1 alive"))
        #expect(try SiltCommand.report("threads", "--stacks", "\(pid)").contains("from main"))
    }

    #if Serve
        @Test(.enabled(if: isPossible && Workbench.find("curl") != nil)) func theServerFindsItByItself() throws {
            let bench = try Workbench()
            try bench.run(["/bin/mkdir", "inner"])
            let (program, pid) = try contained(in: bench, bench.path("inner"), as: "served\(getpid())")
            defer { program.signal(SIGKILL) }
            let server = try Program([SiltCommand.path, "serve", "--listen", "unix:\(bench.path("socket"))"])
            _ = try server.lines(through: "serving at ")
            let heap = "http://localhost/targets/\(pid)/debug/pprof/heap"
            try bench.run(["curl", "-sSf", "--unix-socket", bench.path("socket"), "-o", "heap", heap])
            let profile = try Profile(pprof: try Workbench.read(bench.path("heap")))
            // Names come from the container's files.
            let functions = profile.locations.flatMap(\.frames).compactMap(\.function)
            #expect(functions.contains("load_catalogue"))
        }
    #endif

    /// What logind does with the files of a user who logs out.
    @Test(.enabled(if: geteuid() == 0 && Nobody.mayRun(Victims.program("Orders"))))
    func aSessionWhoseNameIsGoneIsReadByItsUserAndByRoot() throws {
        let bench = try Workbench()
        try bench.run(["/bin/chmod", "1777", bench.directory])
        let program = try Program(
            Nobody.command + [Victims.program("Orders")], environment: Victims.environment(directory: bench.directory))
        _ = try program.lines(through: "ready")
        let session = bench.path("Orders.\(program.pid).live.silt")
        unsafe #expect(unlink(session) == 0)
        let root = try SiltCommand.report("top", "\(program.pid)", "--by", "inuse_objects")
        #expect(Report(root).flat["load_catalogue"] == "100", "\(root)")
        // He may not open what is mapped, but may read the memory of his process, if the system lets him trace it.
        guard Nobody.mayRun(SiltCommand.path), tracingIsFree else { return }
        let user = try Program(Nobody.command + [SiltCommand.path, "top", "\(program.pid)", "--by", "inuse_objects"])
        #expect(Report(try user.finish().output).flat["load_catalogue"] == "100")
    }

    private var tracingIsFree: Bool {
        guard let scope = try? Workbench.read("/proc/sys/kernel/yama/ptrace_scope") else { return true }
        return scope.first == UInt8(ascii: "0")
    }

    @Test func whatTheShimWouldBeSilentAboutIsToldAndTheProgramRuns() throws {
        let bench = try Workbench()
        let file = try bench.write("", to: "file")
        let outcome = try SiltCommand.run(
            "run", "--dir", file, "--keep-bytes", "1M", "--", "/bin/echo", "ran",
            environment: [("SILT_INTERVAL", "often"), ("SILT_UNWINDER", "fp")].map { (name: $0.0, value: $0.1) })
        #expect(outcome.status == 0 && outcome.output == "ran\n")
        let lines = outcome.errors.split(separator: "\n")
        #expect(
            lines.prefix(2) == [
                "silt: SILT_INTERVAL=often makes no sense: 524288 is used",
                "silt: SILT_UNWINDER is no setting of libsilt.so, and changes nothing: did you mean SILT_UNWIND?",
            ])
        #expect(
            lines.count == 3 && lines[2].hasPrefix("silt: SILT_DIR \(file) is not a directory: dumps go to /tmp/silt-"))
    }
}
