// SPDX-License-Identifier: Apache-2.0
//
// Whether programs can be profiled, on real ones, and in which words this is said.

import SiltDriver
import SiltFile
import SiltSymbols
import TestSupport
import Testing

@Suite struct CheckupTests {
    /// A copy of a program of this machine.
    private func copy(_ program: String, in bench: Workbench, as name: String) throws -> String {
        try bench.run(["/bin/cp", program, bench.path(name)])
        return bench.path(name)
    }

    @Test func aStaticProgramCannotBeProfiled() throws {
        let path = Recorded.program("Static")
        let checkup = try Checkup(path: path)
        #expect(checkup.obstacle?.severity == .fatal)
        #expect(
            checkup.obstacle?.text
                == "\(path) is linked statically: nothing can be preloaded into it; link it with libsilt.a and libsilt.link"
        )
    }

    @Test func aStaticProgramWithTheShimInItCanBeProfiled() throws {
        let path = Recorded.program("OrdersStatic")
        let checkup = try Checkup(path: path)
        #expect(checkup.obstacle == nil)
        #expect(checkup.findings[0].text == "\(path) is linked with Silt \(siltVersion): nothing needs to be preloaded")
        #expect(ExecutableReport.ownAllocator(of: path) == [])
        #expect(ExecutableReport.ownAllocator(of: Recorded.program("OwnMalloc")).contains("malloc"))
    }

    @Test(arguments: [("u+s", "setuid"), ("g+s", "setgid"), ("ug+s", "setuid, setgid")])
    func aProgramWithMoreRightsThanItsUserCannotBeProfiled(mode: String, words: String) throws {
        let bench = try Workbench()
        let path = try copy("/bin/true", in: bench, as: "privileged")
        #expect(try Checkup(path: path).obstacle == nil)
        try bench.run(["/bin/chmod", mode, path])
        #expect(
            try Checkup(path: path).obstacle?.text
                == "\(path) has \(words): the loader ignores LD_PRELOAD unless root starts it")
    }

    @Test func aProgramWithItsOwnMallocCannotBeProfiled() throws {
        let path = Recorded.program("OwnMalloc")
        let text = try #require(try Checkup(path: path).obstacle?.text)
        #expect(text.hasPrefix("\(path) defines "))
        #expect(text.hasSuffix(" itself: its own calls never reach a preloaded library"))
    }

    @Test func aScriptIsItsInterpreter() throws {
        let bench = try Workbench()
        let script = try bench.write("#!\(Recorded.program("Orders"))\n", to: "script")
        let checkup = try Checkup(path: script)
        #expect(checkup.obstacle == nil)
        #expect(
            checkup.findings.prefix(2).map(\.text) == [
                "\(script) is a script run by \(Recorded.program("Orders"))",
                "\(Recorded.program("Orders")) is linked dynamically: libsilt.so can be preloaded",
            ])
        let fixed = try bench.write("#!\(Recorded.program("Static"))\n", to: "fixed")
        #expect(try Checkup(path: fixed).obstacle?.text.hasPrefix(Recorded.program("Static")) == true)
        let loop = try bench.write("#!\(bench.path("loop"))\n", to: "loop")
        #expect(throws: Failure.input("\(loop): its interpreters are scripts that start each other")) {
            try Checkup(path: loop)
        }
    }

    @Test func aShellIsToldFromTheProgramThatItsScriptBecomes() throws {
        let bench = try Workbench()
        let (orders, fixed) = (Recorded.program("Orders"), Recorded.program("Static"))
        let wrapper = try bench.write("#!/bin/sh\nexec \(orders) \"$@\"\nexec \(fixed)\nexec \"$@\"\n", to: "wrapper")
        let checkup = try Checkup(path: wrapper)
        #expect(checkup.obstacle == nil)
        let texts = checkup.findings.map { "\($0.severity.rawValue): \($0.text)" }
        let shell = "ok: \(wrapper) is a script run by /bin/sh, a shell; the lines below are about the shell"
        #expect(texts.first == shell)
        #expect(
            texts.suffix(3) == [
                "ok: line 2 of the script goes on as \(orders), which can be profiled: silt doctor \(orders) tells more",
                "missing: line 3 of the script goes on as \(fixed), which cannot be profiled: "
                    + "\(fixed) is linked statically: nothing can be preloaded into it; link it with libsilt.a and libsilt.link",
                "missing: line 4 of the script goes on as \"$@\", which cannot be followed; "
                    + "run silt doctor with that program",
            ])
        let starter = try bench.write("#!/bin/sh\nsleep 1\n", to: "starter")
        #expect(
            try Checkup(path: starter).findings.last?.text
                == "the programs that the script starts have sessions of their own")
    }

    @Test func whatIsMissingIsNoObstacle() throws {
        let bench = try Workbench()
        let path = try copy(Recorded.program("Orders"), in: bench, as: "stripped")
        try bench.run(["strip", "--remove-section=.note.gnu.build-id", path])
        let checkup = try Checkup(path: path)
        #expect(checkup.obstacle == nil)
        #expect(
            checkup.findings.map { "\($0.severity.rawValue): \($0.text)" } == [
                "ok: \(path) is linked dynamically: libsilt.so can be preloaded",
                "missing: no debug information: exported functions only, no lines; "
                    + "install its -dbgsym package or use --debug-dir",
                "missing: no build id: debug files cannot be matched; link with -Wl,--build-id",
            ])
    }

    @Test func whatIsNoProgramIsToldInWords() throws {
        let bench = try Workbench()
        let text = try bench.write("hello", to: "text")
        #expect(throws: Failure.input("\(text) is not a program: it does not begin with an ELF header")) {
            try Checkup(path: text)
        }
        #expect(throws: Failure.input("no program at /nonexistent")) { try Checkup(path: "/nonexistent") }
    }

    @Test func aProcessIsLookedAtByItsPid() throws {
        let bench = try Workbench()
        let program = try Recorded.running("Orders", in: bench)
        let driver = Driver(directory: bench.directory)
        let examination = try driver.examine("\(program.pid)")
        #expect(examination.canBeProfiled)
        let session = bench.path("Orders.\(program.pid).live.silt")
        #expect(examination.text.hasPrefix("process \(program.pid): profiled, session \(session)\nok: "))
        // Of the process, not of this command.
        let directory = bench.directory
        #expect(examination.text.hasSuffix("ok: the live session lies in \(directory), dumps go to \(directory)\n"))
        program.signal(9)
        _ = try program.finish()
        #expect(throws: Failure.input("no process \(program.pid)")) { try driver.examine("\(program.pid)") }

        let bare = try Program([Recorded.program("Orders")])
        _ = try bare.lines(through: "ready")
        #expect(try driver.examine("\(bare.pid)").process == "process \(bare.pid): not profiled")
        #expect(try driver.examine(Recorded.program("Static")).text.hasPrefix("no: "))
    }
}
