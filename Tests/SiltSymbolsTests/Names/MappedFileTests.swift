// SPDX-License-Identifier: Apache-2.0
//
// Where a file is loaded, told by nothing but a line of a list of mappings.

import SiltFile
import SiltSymbols
import TestSupport
import Testing

@Suite struct MappedFileTests {
    struct Build: Sendable {
        var compiler: [String]
        /// Load address minus link address.
        var bias: UInt64
        /// Link address of the file's first byte.
        var start: UInt64 = 0
    }

    private static let builds = [
        Build(compiler: ["cc", "-O2", "-g"], bias: 0x5555_0000_0000),
        Build(compiler: ["cc", "-O2", "-g", "-no-pie"], bias: 0, start: 0x400000),
        // lld links code at addresses that are not its offsets.
        Build(compiler: ["clang", "-O2", "-g", "-fuse-ld=lld"], bias: 0x5555_0000_0000),
    ]

    @Test(arguments: builds)
    func addressesAreNamedByTheMappingOfTheCode(build: Build) throws {
        guard Workbench.find(build.compiler[0]) != nil else { return }
        let bench = try Workbench()
        let (path, addresses) = try bench.build(.c, with: build.compiler)
        let code = try #require(
            try bench.run(["readelf", "-lW", path]).split(separator: "\n").map { $0.split(separator: " ") }
                .first { $0.first == "LOAD" && $0.contains("E") })
        let (offset, address, size) = (Self.number(code[1]), Self.number(code[2]), Self.number(code[4]))
        let start = build.bias + (address & ~0xfff)
        let symbolizer = Symbolizer()
        let module = symbolizer.module(
            mapping: start..<start + (size | 0xfff) + 1, offset: offset & ~0xfff, of: path)
        #expect(module.bias == build.bias)
        let frames = symbolizer.frames(
            at: [1, 2].map { build.bias + build.start + addresses[$0, default: 0] }, in: module)
        let answers = expected(.c, add: "add", refill: "refill", checkout: "checkout")
        #expect(seen(frames[0]) == answers[1])
        #expect(seen(frames[1]) == answers[2])
    }

    @Test func aFileThatIsNotThereIsTakenToBeLinkedAtItsOffsets() {
        let module = Symbolizer().module(mapping: 0x7f00_1000..<0x7f00_9000, offset: 0x1000, of: "/nowhere/libgone.so")
        #expect(module.bias == 0x7f00_0000)
        #expect(module.path == "/nowhere/libgone.so")
    }

    private static func number(_ text: Substring) -> UInt64 { UInt64(text.dropFirst(2), radix: 16) ?? 0 }
}
