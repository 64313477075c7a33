// SPDX-License-Identifier: Apache-2.0
//
// The targets that take texts: from the command line, from files that a team edits, and from symbol tables.

import SiltDriver
import SiltHost
import SiltProfile
import SiltSymbols

/// What a baseline file holds is read, added to, written, and then reads back as it was.
func readBaseline(_ input: [UInt8], in folder: FuzzFolder) throws {
    let path = try folder.write(input, to: "baseline.txt")
    guard var file = try? BaselineFile(path: path) else { return }
    let names = String(decoding: input, as: UTF8.self).split(separator: ";").prefix(4).map(String.init)
    let new = Baseline.accepting(names, bytes: UInt64(input.count))
    do {
        try file.put([new])
        try file.write()
        let read = try BaselineFile(path: path)
        guard read.entries == file.entries else { throw Broken("a baseline does not read back as it was written") }
        guard read.entries.entry(for: names) != nil else { throw Broken("what was accepted is not found") }
    } catch let error as Failure {
        throw Broken("a baseline that was read is not written or read again: \(error)")
    }
}

/// The first line is matched with the others.
func matchPattern(_ input: [UInt8]) {
    let parts = input.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
    let texts = parts.map { String(decoding: $0, as: UTF8.self) }
    do {
        let pattern = try Pattern(texts[0])
        for name in ["Cache.insert(_:)", "std::vector<int>::push_back(int&&)", ""] + texts.dropFirst() {
            _ = pattern.matches(name)
        }
    } catch {
        _ = error.description
    }
}

func readQuantity(_ input: [UInt8]) throws {
    let text = String(decoding: input, as: UTF8.self)
    _ = (ByteCount(text), TimeSpan(text), try? Check.SiteLimit(text, of: "--site"))
    if let rate = ByteRate(text), !rate.bytesPerSecond.isFinite || rate.bytesPerSecond < 0 {
        throw Broken("\(text) is a rate of \(rate.bytesPerSecond)")
    }
}

func readName(_ input: [UInt8]) {
    let text = String(decoding: input, as: UTF8.self)
    _ = printable(demangle(text))
}
