// SPDX-License-Identifier: Apache-2.0
//
// Paths are bytes: whatever they are, text and back is the same, and files are found by it.

import SiltHost
import TestFixtures
import TestSupport
import Testing

@Suite struct PathTextTests {
    @Test(
        arguments: [
            [], Array("/usr/lib/libc.so.6".utf8), Array("/tmp/naïve ☃ 🐟".utf8), [0xff], [0x2f, 0xc3, 0x28, 0xa9],
            // Cut characters, an overlong slash, half of a surrogate pair.
            [0xe2, 0x98], [0xf0, 0x9f, 0x90], [0xc0, 0xaf], [0xed, 0xa0, 0x80],
            // The characters that stand for the bytes 0x80 and 0xff.
            [0xf4, 0x8f, 0xba, 0x80], [0xf4, 0x8f, 0xbb, 0xbf, 0x61],
        ] as [[UInt8]])
    func bytesSurvive(bytes: [UInt8]) {
        #expect(pathBytes(pathText(bytes)) == bytes)
        if let text = String(validating: bytes, as: UTF8.self), bytes.first != 0xf4 { #expect(pathText(bytes) == text) }
    }

    @Test func randomBytesSurvive() {
        var random = SplitMix(seed: 20_261_128)
        // Often those of which the private characters are made.
        let some: [UInt8] = [0xf4, 0x8f, 0xba, 0xbb, 0x80, 0xbf, 0xc3, 0xa9, 0x2f]
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? some[Int.random(in: some.indices, using: &random)] : UInt8.random(in: 1...255, using: &random)
            }
            #expect(pathBytes(pathText(bytes)) == bytes, "seed \(random.seed): \(bytes)")
        }
    }

    @Test func differentBytesAreDifferentNames() {
        #expect(pathText([0xff]) != pathText([0xfe]))
        #expect(pathText([0xff]) != pathText([0xf4, 0x8f, 0xbb, 0xbf]))
    }

    @Test func filesAreOpenedByTheirBytes() throws {
        let directory = try TemporaryDirectory()
        let name = pathText([0x61, 0xff, 0xfe, 0x62])
        let path = "\(directory.path)/\(name)"
        try writeFile(path, Array("content".utf8))
        #expect(try namesInDirectory(directory.path) == [name])
        #expect(try contentsOfFile(path) == Array("content".utf8))
        #expect(fileExists(path) && !fileExists("\(directory.path)/a\u{fffd}\u{fffd}b"))
        try replaceFile(path, with: Array("new".utf8))
        #expect(try contentsOfFile(path) == Array("new".utf8))
        #expect(try FileStatus(ofPath: path).size == 3)
        #expect(resolvedPath(path).map(pathBytes) == pathBytes(path))
    }
}
