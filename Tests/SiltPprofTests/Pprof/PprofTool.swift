// SPDX-License-Identifier: Apache-2.0
//
// Which of other people's programs are there to judge our files, and how pprof is asked.

import TestSupport

enum PprofTool {
    static let hasGo = Workbench.find("go") != nil
    static let hasProtoc = Workbench.find("protoc") != nil
    static let hasCompiler = Workbench.find("c++") != nil && Workbench.find("addr2line") != nil
    /// google/pprof's own sources come with Go's.
    static let hasUpstreamPprof = hasGo && shell("test -d \(upstream)/google/pprof/driver").status == 0

    private static let upstream = "$(go env GOROOT)/src/cmd/vendor/github.com"

    /// What a line of shell prints on both streams; why it could not run, if so.
    static func shell(_ line: String, in directory: String = "/tmp") -> (output: String, status: Int32) {
        let command = ["env", "HOME=/tmp", "PPROF_TMPDIR=/tmp", "/bin/sh", "-c", "exec 2>&1\n\(line)"]
        do {
            let outcome = try Program(command, directory: directory).finish()
            return (outcome.output, outcome.status)
        } catch {
            return ("\(error)", -1)
        }
    }

    /// What `go tool pprof` prints.
    static func pprof(_ arguments: String) -> String {
        shell("go tool pprof -symbolize=none \(arguments) 2>/dev/null").output
    }

    /// Builds google/pprof.
    ///
    /// - Returns: the program's path.
    static func buildUpstreamPprof(in bench: Workbench) throws -> String {
        try buildUpstream(
            """
            package main

            import "github.com/google/pprof/driver"

            func main() {
            	if err := driver.PProf(&driver.Options{}); err != nil {
            		panic(err)
            	}
            }
            """, named: "upstream", in: bench)
    }

    /// Builds a program on google/pprof's packages, without the network.
    ///
    /// - Returns: the program's path.
    static func buildUpstream(_ source: String, named name: String, in bench: Workbench) throws -> String {
        try bench.write(source, to: "\(name).go")
        try bench.run([
            "sh", "-c",
            """
            mkdir -p gopath/src && cp -rL \(upstream) gopath/src/
            HOME=/tmp GO111MODULE=off GOPATH=$PWD/gopath GOCACHE=$PWD/cache go build -o \(name) \(name).go
            """,
        ])
        return bench.path(name)
    }
}
