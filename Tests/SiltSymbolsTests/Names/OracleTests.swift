// SPDX-License-Identifier: Apache-2.0
//
// Our frames against those of llvm-symbolizer at many addresses of a program. Both read the same DWARF, so depth,
// names and lines must agree; where ours are deliberately better, the comparison says so.

import SiltFile
import SiltSymbols
import TestSupport
import Testing

@Suite(.enabled(if: Workbench.find("llvm-symbolizer") != nil && Workbench.find("nm") != nil))
struct OracleTests {
    private struct Place: Equatable {
        var name: String
        var line: Int
    }

    @Test(arguments: [
        ("shop.c", ["cc", "-O2", "-g"]), ("shop.cpp", ["g++", "-O2", "-g"]), ("shop.cpp", ["clang++", "-O2", "-g"]),
        ("shop.swift", ["swiftc", "-O", "-g", "-parse-as-library"]),
    ])
    func everyAddressOfAProgramAgrees(file: String, compiler: [String]) throws {
        guard Workbench.find(compiler[0]) != nil else { return }
        let program = [KnownProgram.c, .cxx, .swift].first { $0.file == file } ?? .c
        let bench = try Workbench()
        let (path, _) = try bench.build(program, with: compiler)
        let addresses = try functionAddresses(of: path, on: bench)
        #expect(addresses.count > 20)

        let module = Module(path: path)
        let ours = Symbolizer().frames(at: addresses.map { $0 + module.bias }, in: module)
        let theirs = try symbolize(addresses, in: path, on: bench)
        for (index, address) in addresses.enumerated() {
            let mine = ours[index].map { Place(name: $0.systemName ?? "??", line: $0.line) }
            var expected = theirs[index]
            // Where the compiler gives no line, we take the nearest one of the same function.
            for (at, place) in mine.enumerated() where at < expected.count && expected[at].line == 0 {
                expected[at].line = place.line
            }
            #expect(mine == expected, "at 0x\(String(address, radix: 16))")
        }
    }

    /// Every second address in the functions that come from the program's own files.
    private func functionAddresses(of path: String, on bench: Workbench) throws -> [UInt64] {
        var addresses: [UInt64] = []
        for line in try bench.run(["nm", "-S", "--defined-only", path]).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 4, words[2] == "T" || words[2] == "t", let start = UInt64(words[0], radix: 16),
                let size = UInt64(words[1], radix: 16), !words[3].hasPrefix("_start")
            else { continue }
            addresses += stride(from: start, to: start + size, by: 2)
        }
        return Set(addresses).sorted()
    }

    private func symbolize(_ addresses: [UInt64], in path: String, on bench: Workbench) throws -> [[Place]] {
        let input = addresses.map { "0x\(String($0, radix: 16))\n" }.joined()
        let command = ["llvm-symbolizer", "--obj=\(path)", "--inlines", "--no-demangle"]
        let lines = try bench.run(command, input: input).split(separator: "\n", omittingEmptySubsequences: false)
        var result: [[Place]] = []
        var frames: [Place] = []
        var name: String?
        for line in lines {
            if line.isEmpty {
                if !frames.isEmpty { result.append(frames) }
                frames = []
                name = nil
            } else if let function = name {
                let position = line.split(separator: ":").suffix(2).first.flatMap { Int($0) } ?? 0
                frames.append(Place(name: function, line: position))
                name = nil
            } else {
                name = String(line)
            }
        }
        return result
    }
}
