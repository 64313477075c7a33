// SPDX-License-Identifier: Apache-2.0
//
// `silt doctor`: whether a program can be profiled, and what would be missing.

import ArgumentParser
import SiltFile
import SiltHost
import SiltSymbols

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Whether a program or process can be profiled, and what would be missing.")

    @OptionGroup var symbols: SymbolOptions

    @Argument(help: "A program, or the pid of a process.")
    var target: String

    func run() throws {
        var path = target
        if let pid = UInt32(target) {
            guard let facts = ProcessTable().facts(of: pid) else { throw Failure.input("no process \(pid)") }
            guard let exe = facts.exe else { throw Failure.input("process \(pid): its executable cannot be read") }
            path = exe
            let session = Catalog().all(matching: target).first
            print(session.map { "process \(pid): profiled, session \($0.path)" } ?? "process \(pid): not profiled")
        } else {
            path = try Launch.findProgram(target)
        }
        let checkup = try Checkup(path: path, debugDirectories: symbols.debugDir)
        for finding in checkup.findings { print("\(finding.severity.rawValue): \(finding.text)") }
        if !checkup.canBeProfiled { throw ExitCode(1) }
    }
}

/// What is to be said of a program before it is profiled.
struct Checkup {
    enum Severity: String { case fine = "ok", missing = "missing", fatal = "no" }

    struct Finding {
        var severity: Severity
        var text: String
    }

    var findings: [Finding] = []
    var canBeProfiled: Bool { !findings.contains { $0.severity == .fatal } }

    /// - Throws: ``Failure`` if there is no program to look at.
    init(path: String, debugDirectories: [String] = []) throws(Failure) {
        let report: ExecutableReport
        do {
            report = try ExecutableReport(path: path, debugDirectories: debugDirectories)
        } catch {
            throw Self.failure(error)
        }
        let name = report.path
        if !report.scripts.isEmpty { add(.fine, "\(report.scripts[0]) is a script run by \(name)") }
        if report.loader == nil {
            add(.fatal, "\(name) is linked statically: nothing can be preloaded into it")
        } else if report.isMusl {
            add(.fatal, "\(name) is linked with musl, where libsilt.so, which needs glibc, cannot be loaded")
        } else if let sanitizer = report.sanitizer {
            add(.fatal, "\(name) needs \(sanitizer), which ends it if libsilt.so comes first: build without -fsanitize")
        } else if !report.privileges.isEmpty {
            let what = report.privileges.map(\.rawValue).joined(separator: ", ")
            add(.fatal, "\(name) has \(what): the loader ignores LD_PRELOAD unless root starts it")
        } else if !report.ownMalloc.isEmpty {
            let functions = report.ownMalloc.joined(separator: ", ")
            add(.fatal, "\(name) defines \(functions) itself: its own calls never reach a preloaded library")
        } else {
            add(.fine, "\(name) is linked dynamically: libsilt.so can be preloaded")
        }
        if !report.embeddedAllocators.isEmpty {
            add(.missing, "memory that it takes by \(report.embeddedAllocators.joined(separator: ", ")) is not seen")
        }
        for library in report.allocatorLibraries { add(.fine, "allocates by \(library), behind libsilt.so") }
        for library in report.missingLibraries { add(.missing, "library \(library) was not found") }
        switch report.debugInfo {
        case .inFile: add(.fine, "has debug information: functions, files, lines, inlined functions")
        case .separate(let path): add(.fine, "debug information in \(path)")
        case .none:
            let names = report.hasSymbols ? "functions by its symbol table" : "exported functions only"
            add(.missing, "no debug information: \(names), no lines; install its -dbgsym package or use --debug-dir")
        }
        if report.buildID.isEmpty {
            add(.missing, "no build id: debug files cannot be matched; link with -Wl,--build-id")
        } else {
            add(.fine, "build id \(report.buildID)")
        }
        if !report.hasUnwindTables {
            add(.missing, "no unwind tables (.eh_frame): stacks may end in it; build with -fasynchronous-unwind-tables")
        }
    }

    private mutating func add(_ severity: Severity, _ text: String) {
        findings.append(Finding(severity: severity, text: text))
    }

    private static func failure(_ failure: ExecutableReport.Failure) -> Failure {
        switch failure {
        case .notFound(let path): .input("no program at \(path)")
        case .unreadable(let path, let reason): .input("\(path) cannot be read: \(reason)")
        case .notExecutable(let path, let reason): .input("\(path) is not a program: \(reason)")
        case .tooManyInterpreters(let path): .input("\(path): its interpreters are scripts without an end")
        }
    }
}
