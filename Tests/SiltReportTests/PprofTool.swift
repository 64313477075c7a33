// SPDX-License-Identifier: Apache-2.0
//
// Other people's programs as oracles: runs go, protoc and chromium, and owns the folder that they work in.

import Glibc

/// A folder that goes away with the value.
final class PprofScratch {
    let path: String

    init() {
        var template = Array("/tmp/silt-pprof-test.XXXXXX".utf8CString)
        // mkdtemp fills in the name in place, within the array.
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.map { unsafe mkdtemp($0) } != nil
        }
        precondition(made, "cannot make a folder in /tmp: errno \(errno)")
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { _ = PprofTool.shell("rm -rf '\(path)'") }

    /// Writes a file and returns its path.
    func write(_ name: String, _ bytes: [UInt8]) -> String {
        let file = "\(path)/\(name)"
        let stream = unsafe fopen(file, "w")
        guard let stream = unsafe stream else { preconditionFailure("cannot write \(file)") }
        let written = unsafe fwrite(bytes, 1, bytes.count, stream)
        precondition(unsafe fclose(stream) == 0 && written == bytes.count, "cannot write \(file)")
        return file
    }

    func write(_ name: String, _ text: String) -> String { write(name, Array(text.utf8)) }

    func read(_ name: String) -> [UInt8] { PprofTool.shell("cat '\(path)/\(name)'").bytes }
}

enum PprofTool {
    struct Output {
        var bytes: [UInt8]
        /// As `wait` gives it: 0 is success.
        var status: Int32
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    static let hasGo = isInstalled("go")
    static let hasProtoc = isInstalled("protoc")
    static let hasCompiler = isInstalled("c++") && isInstalled("addr2line")
    static let hasChromium = isInstalled("chromium")

    /// What a shell command prints.
    static func shell(_ command: String) -> Output {
        guard let pipe = unsafe popen(command, "r") else { preconditionFailure("cannot run \(command)") }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&chunk, 1, chunk.count, pipe)
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return Output(bytes: bytes, status: unsafe pclose(pipe))
    }

    /// google/pprof's sources, which come with Go's.
    private static let upstream = "$(go env GOROOT)/src/cmd/vendor/github.com"

    static let hasUpstreamPprof = hasGo && shell("test -d \(upstream)/google/pprof/driver").status == 0

    /// Builds google/pprof without the network and returns the program's path.
    static func buildUpstreamPprof(in scratch: PprofScratch) -> String? {
        _ = scratch.write(
            "upstream.go",
            """
            package main

            import "github.com/google/pprof/driver"

            func main() {
            	if err := driver.PProf(&driver.Options{}); err != nil {
            		panic(err)
            	}
            }
            """)
        let built = shell(
            "cd '\(scratch.path)' && mkdir -p gopath/src && cp -rL \(upstream) gopath/src/ && HOME=/tmp GO111MODULE=off "
                + "GOPATH=$PWD/gopath GOCACHE=$PWD/cache go build -o upstream upstream.go 2>&1")
        return built.status == 0 ? "\(scratch.path)/upstream" : nil
    }

    private static func isInstalled(_ program: String) -> Bool {
        shell("command -v \(program) >/dev/null 2>&1").status == 0
    }
}
