// SPDX-License-Identifier: Apache-2.0
//
// From the copied bytes to the records: which elements hold together. An element that is not visible yet is no
// element. One that is visible and fails its check, or refers to something missing, is torn: dropped and counted.

extension Session {
    /// Reads a session file, be its process running or gone, or a dump.
    ///
    /// Memory is bounded by the bytes in use, and by the size of the file.
    ///
    /// - Throws: ``FileError``; never for a torn element, which is counted in ``torn``.
    package init(contentsOf path: String) throws(FileError) {
        self.init(try SessionImage(contentsOf: path))
    }

    /// Reads a session from the bytes of its file.
    ///
    /// - Parameter path: for messages.
    /// - Throws: as ``init(contentsOf:)``.
    package init(bytes: [UInt8], path: String) throws(FileError) {
        self.init(try SessionImage(bytes: bytes, path: path))
    }

    /// Makes sense of a copied session.
    package init(_ image: SessionImage) {
        self.init(path: image.path, header: image.header, losses: Format.losses(image.headerBytes))
        readModules(image)
        let words = image.bytes(of: .stacks)
        var broken: Set<UInt32> = []
        readSites(image, words, &broken)
        readThreads(image, words, &broken)
        torn.stacks = broken.count
        readLive(image)
        readEvents(image)
    }

    private mutating func readModules(_ image: SessionImage) {
        let bytes = image.bytes(of: .modules)
        let strings = image.bytes(of: .strings)
        for index in 0..<image.count(of: .modules) {
            switch Format.module(bytes, at: index, strings: strings) {
            case .invisible: break
            case .torn: torn.modules += 1
            case .whole(let module): modules.append(module)
            }
        }
    }

    /// Whether the stack is there; it is kept then, and else noted as broken.
    private mutating func has(stack id: UInt32, in words: [UInt8], _ broken: inout Set<UInt32>) -> Bool {
        if stacks[id] != nil { return true }
        if broken.contains(id) { return false }
        guard let stack = Format.stack(words, id: id) else {
            broken.insert(id)
            return false
        }
        stacks[id] = stack
        return true
    }

    private mutating func readSites(_ image: SessionImage, _ words: [UInt8], _ broken: inout Set<UInt32>) {
        let bytes = image.bytes(of: .sites)
        // Index 0 is never used, so that 0 can mean "no site".
        for index in 0..<image.count(of: .sites) where index > 0 {
            guard let id = UInt32(exactly: index) else { break }
            switch Format.site(bytes, at: index) {
            case .whole(let site) where has(stack: site.stack, in: words, &broken): sites[id] = site
            case .invisible: break
            case .torn, .whole: torn.sites += 1
            }
        }
    }

    private mutating func readThreads(_ image: SessionImage, _ words: [UInt8], _ broken: inout Set<UInt32>) {
        let bytes = image.bytes(of: .threads)
        for index in 0..<image.count(of: .threads) {
            switch Format.thread(bytes, at: index) {
            case .whole(let record) where has(stack: record.stack, in: words, &broken): threads.append(record)
            case .invisible: break
            case .torn, .whole: torn.threads += 1
            }
        }
    }

    private mutating func readLive(_ image: SessionImage) {
        let bytes = image.bytes(of: .live)
        for index in 0..<image.count(of: .live) {
            switch Format.live(bytes, at: index) {
            case .whole(let sample) where sites[sample.site] != nil: live.append(sample)
            case .invisible: break
            case .torn, .whole: torn.live += 1
            }
        }
    }

    private mutating func readEvents(_ image: SessionImage) {
        let bytes = image.bytes(of: .ring)
        var oldest: UInt64?
        for index in image.visibleEvents {
            switch Format.event(bytes, at: index) {
            case .whole(let event) where sites[event.site] != nil:
                oldest = oldest ?? Format.sequence(bytes, at: index)
                events.append(event)
            case .invisible: break
            case .torn, .whole: torn.events += 1
            }
        }
        eventsOverwritten = (oldest ?? 1) - 1
    }
}

extension SessionImage {
    /// The indices of the ring's visible events, oldest first.
    ///
    /// A slot whose event belongs to an overwritten lap is being written again, or its writer died in between.
    var visibleEvents: [Int] {
        let bytes = bytes(of: .ring)
        return (0..<count(of: .ring))
            .map { (sequence: Format.sequence(bytes, at: $0), index: $0) }
            .filter { $0.sequence > overwritten }
            .sorted { $0 < $1 }
            .map(\.index)
    }
}
