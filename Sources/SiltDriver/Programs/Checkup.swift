// SPDX-License-Identifier: Apache-2.0
//
// What is to be said of a program before it is profiled, in words for a person. Whether it can be profiled is decided by
// ExecutableReport alone.

import SiltSymbols

/// Whether a program can be profiled, and what would be missing.
package struct Checkup: Sendable {
    package enum Severity: String, Sendable { case fine = "ok", missing = "missing", fatal = "no" }

    package struct Finding: Hashable, Sendable {
        package var severity: Severity
        package var text: String
    }

    package private(set) var findings: [Finding] = []

    /// Why it cannot be profiled; nil: it can.
    package var obstacle: Finding? { findings.first { $0.severity == .fatal } }

    /// - Parameter root: what the program takes for `/`; its own path is not below it.
    /// - Throws: ``Failure`` if there is no program to look at.
    package init(path: String, debugDirectories: [String] = [], root: String = "") throws(Failure) {
        do {
            self.init(try ExecutableReport(path: path, debugDirectories: debugDirectories, root: root))
        } catch {
            throw Failure(error)
        }
    }

    init(_ report: ExecutableReport) {
        if let script = report.scripts.first {
            let words = report.shellScript == nil ? "" : ", a shell; the lines below are about the shell"
            add(.fine, "\(script) is a script run by \(report.path)\(words)")
        }
        if let obstacle = report.obstacle {
            add(.fatal, "\(report.path) \(obstacle.reason)")
        } else if let version = report.linkedShim {
            add(.fine, "\(report.path) is linked with Silt \(version): nothing needs to be preloaded")
        } else {
            add(.fine, "\(report.path) is linked dynamically: libsilt.so can be preloaded")
        }
        addAllocators(report)
        addNames(report)
        if let script = report.shellScript { addPrograms(of: script) }
    }

    /// What a wrapper becomes is what a person wants to know of. Whether a line is reached, nobody knows: nothing here says
    /// that the script cannot be profiled.
    private mutating func addPrograms(of script: ShellScript) {
        if script.execs.isEmpty { add(.fine, "the programs that the script starts have sessions of their own") }
        for exec in script.execs {
            let start = "line \(exec.line) of the script goes on as"
            guard let program = exec.program, let report = try? ExecutableReport(path: program) else {
                add(
                    .missing,
                    "\(start) \(exec.words), which cannot be followed; run silt doctor with that program")
                continue
            }
            if let obstacle = report.obstacle {
                add(.missing, "\(start) \(program), which cannot be profiled: \(report.path) \(obstacle.reason)")
            } else {
                add(.fine, "\(start) \(program), which can be profiled: silt doctor \(program) tells more")
            }
        }
    }

    private mutating func addAllocators(_ report: ExecutableReport) {
        if !report.embeddedAllocators.isEmpty {
            add(.missing, "memory that it takes by \(report.embeddedAllocators.joined(separator: ", ")) is not seen")
        }
        for library in report.allocatorLibraries { add(.fine, "allocates by \(library), behind libsilt.so") }
        for library in report.missingLibraries { add(.missing, "library \(library) was not found") }
    }

    private mutating func addNames(_ report: ExecutableReport) {
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
}

extension ExecutableReport.Obstacle {
    /// What stands behind the program's name in a sentence.
    fileprivate var reason: String {
        switch self {
        case .linkedStatically:
            "is linked statically: nothing can be preloaded into it; link it with libsilt.a and libsilt.link"
        case .archiveInDynamic:
            "is linked with libsilt.a, but not statically: what its libraries allocate would be missed; link it with"
                + " -static, or without libsilt.a and preload libsilt.so"
        case .musl: "is linked with musl, where libsilt.so records nothing: it needs glibc, or libsilt.a"
        case .otherMachine: "is built for another kind of processor than libsilt.so"
        case .sanitizer(let library):
            "needs \(library), which ends it if libsilt.so comes first: build without -fsanitize"
        case .privileges(let privileges):
            "has \(privileges.map(\.rawValue).joined(separator: ", ")): "
                + "the loader ignores LD_PRELOAD unless root starts it"
        case .ownMalloc(let functions):
            "defines \(functions.joined(separator: ", ")) itself: its own calls never reach a preloaded library"
        }
    }
}

extension Failure {
    fileprivate init(_ error: ExecutableReport.Failure) {
        switch error {
        case .notFound(let path): self = .input("no program at \(path)")
        case .unreadable(let path, let reason): self = .input("\(path) cannot be read: \(reason)")
        case .notExecutable(let path, let reason): self = .input("\(path) is not a program: \(reason)")
        case .tooManyInterpreters(let path):
            self = .input("\(path): its interpreters are scripts that start each other")
        }
    }
}
