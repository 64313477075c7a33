// SPDX-License-Identifier: Apache-2.0
//
// The targets that take a file as a module reads it, without what is made of it: session files, and object files with what
// a symbolizer and a checkup ask of them.

import SiltDriver
import SiltFile
import SiltSymbols

/// A session reads as a dump of it does.
func readSession(_ input: [UInt8]) throws {
    let file = Array(input.dropFirst())
    guard let image = try? SessionImage(bytes: file, path: "input"), image.header.kind == .live else {
        _ = try? Session(bytes: file, path: "input")
        return
    }
    let packed = image.packed(as: image.dump(sequence: 1, process: nil))
    let (session, dump) = (Session(image), try? Session(bytes: packed, path: "input"))
    guard dump?.live == session.live, dump?.sites == session.sites, dump?.threads == session.threads else {
        throw Broken("a session's dump is not what the session is")
    }
}

func readObjectFile(_ input: [UInt8], in folder: FuzzFolder) throws {
    let path = try folder.write(input, to: "module.so")
    let all: Range<UInt64> = 0..<(1 << 47)
    let module = Module(addresses: all, bias: 0, text: all, textFileOffset: 0, path: path, buildID: [])
    let symbolizer = Symbolizer()
    _ = symbolizer.frames(at: (0..<96).map { 8 * $0 } + [0, .max, 1 << 46], in: module)
    _ = symbolizer.module(mapping: 0x1000..<0x3000, offset: 0, of: path)
    _ = symbolizer.warnings
    _ = try? Checkup(path: path)
}
