// SPDX-License-Identifier: Apache-2.0
//
// Heap profiles in text form, line by line: jemalloc's, gperftools' and Go's. The bytes are untrusted: every number is
// checked, and memory is counted against a limit before it is taken. It names and estimates nothing.

internal import SiltProfile
internal import SiltSymbols

/// The state of one reading.
struct LegacyReader {
    /// What a stack holds.
    struct Row {
        /// Numbers of ``addresses``, leaf first.
        var stack: [Int]
        var figures: LegacyFigures
    }

    private(set) var header: LegacyHeader
    private(set) var rows: [Row] = []
    /// Within the call instructions: files have the addresses behind them.
    private(set) var addresses = Interner<UInt64>()
    /// Executable mappings in the order of the file, the program's own first.
    private(set) var mappings: [Profile.Mapping] = []
    /// What Go writes beside its stacks.
    private(set) var frames: [UInt64: Frame] = [:]
    /// What the file says of all stacks together; nil: nothing, since its end is missing.
    private(set) var total: LegacyFigures?
    /// What the stacks hold together.
    private(set) var sum = LegacyFigures()
    /// Whether there is a list of mappings, which is the last part of a file that has one.
    private(set) var hasMappings = false

    private var lines: LegacyLines
    private let memoryLimit: Int
    private var memory = 0

    init(_ bytes: [UInt8], memoryLimit: Int) throws(LegacyError) {
        lines = LegacyLines(bytes)
        self.memoryLimit = memoryLimit
        guard let first = lines.next() else { throw LegacyError(.badHeader, line: 1) }
        guard lines.isWhole else { throw LegacyError(.truncated, line: 1) }
        header = try LegacyHeader(first)
        total = header.total
    }

    /// Reads all of the file.
    ///
    /// - Throws: ``LegacyError`` also for a file of which the end is missing, as far as that can be told.
    mutating func read() throws(LegacyError) {
        switch header.layout {
        case .stackBesideFigures: try readStacksBesideFigures()
        case .stackBeforeFigures: try readStacksBeforeFigures()
        }
        if hasMappings {
            try readMappings()
        } else if !lines.isWhole {
            // Half a line of addresses is a stack that never was.
            throw fault(.truncated)
        }
    }

    private mutating func readStacksBesideFigures() throws(LegacyError) {
        while var line = lines.next() {
            line.skipSpaces()
            if line.isAtEnd { continue }
            if line.take("#") {
                try readFrame(line)
                continue
            }
            if Self.beginsMappings(line) {
                hasMappings = true
                return
            }
            let figures = try figures(&line)
            line.skipSpaces()
            guard line.take("@") else { throw fault(.badLine) }
            try add(figures, stack: try stack(line))
        }
    }

    private mutating func readStacksBeforeFigures() throws(LegacyError) {
        var stack: [Int]?
        while var line = lines.next() {
            line.skipSpaces()
            if line.isAtEnd { continue }
            if Self.beginsMappings(line) {
                hasMappings = true
                return
            }
            if line.take("@") {
                stack = try self.stack(line)
            } else if line.take("t*:") {
                let figures = try figures(&line)
                if let known = stack { try add(figures, stack: known) } else { total = figures }
                stack = stack.map { _ in [] }
            } else if line.take("t") {
                // A thread's part of the figures before it, then the thread's name.
                guard line.decimal() != nil, line.take(":") else { throw fault(.badLine) }
                _ = try figures(&line)
            } else {
                throw fault(.badLine)
            }
        }
    }

    private mutating func figures(_ line: inout LegacyScanner) throws(LegacyError) -> LegacyFigures {
        do {
            return try LegacyFigures(&line)
        } catch {
            throw fault(error == .shape ? .badLine : .badFigures)
        }
    }

    private mutating func stack(_ line: LegacyScanner) throws(LegacyError) -> [Int] {
        var line = line
        var stack: [Int] = []
        line.skipSpaces()
        while !line.isAtEnd {
            guard line.take("0x"), let address = line.hexadecimal(), line.isAtEnd || line.rest.first == 0x20 else {
                throw fault(.badAddress)
            }
            try charge(MemoryLayout<Int>.stride)
            let known = addresses.count
            stack.append(addresses.index(of: address &- 1))
            if addresses.count > known { try charge(Self.addressCost) }
            line.skipSpaces()
        }
        return stack
    }

    private mutating func add(_ figures: LegacyFigures, stack: [Int]) throws(LegacyError) {
        try charge(MemoryLayout<Row>.stride + MemoryLayout<Profile.Sample>.stride + Self.valueCost)
        do {
            try sum.add(figures)
        } catch {
            throw fault(.badFigures)
        }
        rows.append(Row(stack: stack, figures: figures))
    }

    /// `#	0x4b3d7c	main.work+0x13c	/src/main.go:14`, as Go writes it below a stack. Other comments are none of ours.
    private mutating func readFrame(_ line: LegacyScanner) throws(LegacyError) {
        let fields = line.rest.split(separator: UInt8(ascii: "\t"))
        guard fields.count == 3 else { return }
        var number = LegacyScanner(fields[0])
        guard number.take("0x"), let address = number.hexadecimal(), number.isAtEnd, frames[address] == nil else {
            return
        }
        let (name, place) = (String(decoding: fields[1], as: UTF8.self), String(decoding: fields[2], as: UTF8.self))
        try charge(MemoryLayout<Frame>.stride + fields[1].count + fields[2].count)
        let plus = name.lastIndex(of: "+") ?? name.endIndex
        let colon = place.lastIndex(of: ":") ?? place.endIndex
        frames[address] = Frame(
            function: String(name[..<plus]), file: String(place[..<colon]),
            line: Int(UInt32(place[colon...].dropFirst()) ?? 0))
    }

    /// `from-to perms offset device inode   path`, as the kernel writes it. Only code counts, and a line that the end of
    /// the file cuts does not.
    private mutating func readMappings() throws(LegacyError) {
        while var line = lines.next(), lines.isWhole {
            line.skipSpaces()
            guard let start = line.hexadecimal(), line.take("-"), let end = line.hexadecimal(), start < end else {
                continue
            }
            line.skipSpaces()
            let permissions = line.word()
            line.skipSpaces()
            guard let offset = line.hexadecimal() else { continue }
            for _ in 0..<2 {
                line.skipSpaces()
                _ = line.word()
            }
            line.skipSpaces()
            guard !line.isAtEnd, permissions.count == 4, permissions.dropFirst(2).first == UInt8(ascii: "x") else {
                continue
            }
            try charge(MemoryLayout<Profile.Mapping>.stride + line.rest.count)
            mappings.append(
                Profile.Mapping(addresses: start..<end, fileOffset: offset, path: line.path, buildID: ""))
        }
    }

    private static func beginsMappings(_ line: LegacyScanner) -> Bool {
        ["MAPPED_LIBRARIES:", "--- Memory map: ---"].contains { line.rest.starts(with: $0.utf8) }
    }

    /// What an address takes: in the table of addresses, and as a location with a frame.
    private static let addressCost =
        4 * MemoryLayout<UInt64>.stride + MemoryLayout<Profile.Location>.stride + MemoryLayout<Frame>.stride
    /// What the figures of a stack take.
    private static let valueCost = 4 * MemoryLayout<Estimate>.stride

    /// Counts bytes against the limit, before they are taken.
    private mutating func charge(_ count: Int) throws(LegacyError) {
        memory += count
        if memory > memoryLimit { throw fault(.tooLarge(limit: memoryLimit)) }
    }

    private func fault(_ reason: LegacyError.Reason) -> LegacyError { LegacyError(reason, line: lines.number) }
}
