// SPDX-License-Identifier: Apache-2.0
//
// The frames of programs whose answers are known, built by each compiler.

import SiltFile
import SiltSymbols
import TestSupport
import Testing

/// What a test compares of a frame.
struct Seen: Equatable {
    var function: String?
    var file: String?
    var line: Int
    var isInlined: Bool
}

func seen(_ frames: [Frame]) -> [Seen] {
    frames.map {
        Seen(
            function: $0.function, file: $0.file?.split(separator: "/").last.map(String.init), line: $0.line,
            isInlined: $0.isInlined)
    }
}

/// The inline chain at label 1 and the plain call at label 2, which are alike in every language.
func expected(_ program: KnownProgram, add: String, refill: String, checkout: String) -> [Int: [Seen]] {
    func frame(_ name: String, _ mark: String, _ isInlined: Bool) -> Seen {
        Seen(function: name, file: program.file, line: program.line(mark), isInlined: isInlined)
    }
    return [
        1: [frame(add, "ADD", true), frame(refill, "REFILL", true), frame(checkout, "CHECKOUT", false)],
        2: [frame(checkout, "PLAIN", false)],
    ]
}

private let compilers: [[String]] = [
    ["cc", "-O2", "-g"], ["cc", "-O0", "-g"], ["clang", "-O2", "-g"], ["clang", "-O2", "-gdwarf-4"],
    ["cc", "-O2", "-gdwarf-4"], ["clang", "-O2", "-g", "-gsplit-dwarf"], ["cc", "-O2", "-g", "-gz"],
]

@Suite struct SymbolizerTests {
    @Test(arguments: compilers)
    func namesInlinedFunctionsOfC(compiler: [String]) throws {
        guard Workbench.find(compiler[0]) != nil else { return }
        let bench = try Workbench()
        let (path, addresses) = try bench.build(.c, with: compiler)
        let answers = expected(.c, add: "add", refill: "refill", checkout: "checkout")
        let module = Module(path: path)
        let symbolizer = Symbolizer()
        let frames = symbolizer.frames(at: [1, 2].map { module.bias + addresses[$0, default: 0] }, in: module)
        #expect(seen(frames[0]) == answers[1])
        #expect(seen(frames[1]) == answers[2])
        #expect(frames[0].map(\.startLine).first == KnownProgram.c.line("ADD-START"))
        #expect(frames[1].map(\.startLine).first == KnownProgram.c.line("CHECKOUT-START"))
        #expect(symbolizer.warnings.isEmpty)
    }

    @Test(arguments: ["g++", "clang++"])
    func namesTemplatesLambdasAndNamespacesOfCxx(compiler: String) throws {
        guard Workbench.find(compiler) != nil else { return }
        let bench = try Workbench()
        let (path, addresses) = try bench.build(.cxx, with: [compiler, "-O2", "-g"])
        let answers = expected(
            .cxx, add: "shop::Cart<int>::add(int)",
            // gcc writes no linkage name for a local function that it inlined everywhere.
            refill: compiler == "g++" ? "refill" : "shop::refill(shop::Cart<int>&)", checkout: "shop::checkout(int)")
        let module = Module(path: path)
        let frames = Symbolizer().frames(at: [1, 2, 3].map { module.bias + addresses[$0, default: 0] }, in: module)
        #expect(seen(frames[0]) == answers[1])
        #expect(seen(frames[1]) == answers[2])
        #expect(frames[1].first?.systemName == "_ZN4shop8checkoutEi")
        #expect(
            frames[2].first?.function
                == (compiler == "g++"
                    ? "shop::checkout(int)::{lambda(int)#1}::operator()(int) const"
                    : "shop::checkout(int)::$_0::operator()(int) const"))
        #expect(frames[2].first?.line == KnownProgram.cxx.line("LAMBDA"))
    }

    @Test func namesInlinedFunctionsOfSwift() throws {
        let bench = try Workbench()
        let (path, addresses) = try bench.build(.swift, with: ["swiftc", "-O", "-g", "-parse-as-library"])
        let answers = expected(.swift, add: "Cart.add(_:)", refill: "refill(_:)", checkout: "checkout(_:)")
        let module = Module(path: path)
        let frames = Symbolizer().frames(at: [1, 2].map { module.bias + addresses[$0, default: 0] }, in: module)
        #expect(seen(frames[0]) == answers[1])
        #expect(seen(frames[1]) == answers[2])
    }
}
