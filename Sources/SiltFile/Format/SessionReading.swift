// SPDX-License-Identifier: Apache-2.0
//
// From the copied bytes to the records: which elements hold together. An element that is not visible yet is no
// element. One that is visible and fails its check is torn: dropped and counted. One that holds by itself and refers to
// something that cannot be read is kept, since what it says is true: the memory is there, only its stack is not known.

import SiltHost

extension Session {
    /// Frames of all stacks together beyond which a file is not made by a shim: in a tree of words, a few bytes of file
    /// can stand for many frames.
    package static let maximumFrames = 1 << 27

    /// Reads a session file, be its process running or gone, or a dump.
    ///
    /// Memory is bounded by the bytes in use, and by the size of the file.
    ///
    /// - Parameters:
    ///   - limit: the most bytes of records that are read.
    ///   - mostFrames: of all stacks together; those beyond are left out, see ``stacksNotRead``.
    /// - Throws: ``FileError``; never for a torn element, which is counted in ``torn``.
    package init(
        contentsOf path: String, limit: UInt64 = SessionImage.limit, mostFrames: Int = maximumFrames
    ) throws(FileError) {
        let image = try SessionImage(contentsOf: path, limit: limit)
        // Before the records are made sense of, which takes long: figures of the process are held against them.
        let facts = image.header.kind == .live ? ProcessTable().process(of: image.header, file: path).facts : nil
        let now = Clock.monotonic()
        self.init(consume image, mostFrames: mostFrames)
        if let facts { (observed, process) = (now, facts) }
    }

    /// Reads a session from the bytes of its file.
    ///
    /// - Parameter path: for messages.
    /// - Throws: as ``init(contentsOf:)``.
    package init(bytes: [UInt8], path: String) throws(FileError) {
        self.init(try SessionImage(bytes: bytes, path: path))
    }

    /// Makes sense of a copied session.
    ///
    /// - Parameter mostFrames: as ``init(contentsOf:limit:mostFrames:)``.
    package init(_ image: consuming SessionImage, mostFrames: Int = maximumFrames) {
        // Taken out, so that they are changed where they lie.
        let living = image.regions.removeValue(forKey: .live) ?? []
        self.init(image, living: living, mostFrames: mostFrames)
    }

    /// Only what is alive, and the sites of it, for figures of the whole: a small part of the file. What is damaged elsewhere
    /// does not show.
    ///
    /// - Throws: as ``init(contentsOf:limit:mostFrames:)``.
    package init(livingIn path: String) throws(FileError) {
        var image = try SessionImage(contentsOf: path, only: [.live, .sites])
        let living = image.regions.removeValue(forKey: .live) ?? []
        self.init(path: path, header: image.header, damage: image.damage)
        let elements = SiteElements(image, header: header, labels: [:])
        for index in 1..<max(1, elements.count) {
            if case .whole(let (site, _)) = elements[index] { sites[UInt32(clamping: index)] = site }
        }
        readLive(living, image)
    }

    private init(_ image: SessionImage, living: consuming [UInt8], mostFrames: Int) {
        let (header, version) = (image.headerBytes, image.version)
        self.init(
            path: image.path, header: image.header, losses: Format.losses(header, version: version),
            shortened: Format.shortened(header, version: version),
            missedFrees: Format.missedFrees(header, version: version), damage: image.damage)
        sites.reserveCapacity(image.count(of: .sites))
        var reader = StackReading(image, session: &self, mostFrames: mostFrames)
        var missing = readSites(image, &reader)
        readThreads(image, &reader)
        readMappings(image, &reader)
        torn.stacks = reader.torn
        stacksNotRead = reader.unread.count
        stacks = reader.stacks
        readLive(living, image)
        readEvents(image)
        // A site is visible before anything refers to it: one that is not was overwritten.
        // No sample and no event is kept whose site is beyond the region of the sites.
        var isThere = [Bool](repeating: false, count: image.count(of: .sites))
        for id in sites.keys { isThere[Int(id)] = true }
        for sample in live where !isThere[Int(sample.site)] { missing.insert(sample.site) }
        for event in events where !isThere[Int(event.site)] { missing.insert(event.site) }
        torn.sites = missing.count
    }

    /// The stacks that were asked for, of either version.
    private struct StackReading {
        /// One of the two, as the version is.
        private var list: StackList3?
        private var tree: StackTree?
        private var known: [UInt32: (stack: Stack, hash: UInt32)] = [:]
        private var room: Int
        /// Those that a referrer vouches for.
        private(set) var stacks: [UInt32: Stack] = [:]
        private var doubted: Set<UInt32> = []
        /// Those that are sound, and too many.
        private(set) var unread: Set<UInt32> = []

        /// How many could not be read, or are not what all that refer to them say.
        var torn: Int { doubted.count { stacks[$0] == nil } }

        /// Reads the modules into the session, since frames are in them.
        init(_ image: SessionImage, session: inout Session, mostFrames: Int) {
            room = mostFrames
            let (bytes, strings) = (image.bytes(of: .modules), image.bytes(of: .strings))
            let words = image.bytes(of: .stacks)
            switch image.version {
            case .three:
                var loaded: [StackList3.LoadedModule] = []
                for index in 0..<image.count(of: .modules) {
                    switch Format.module3(bytes, at: index, strings: strings) {
                    case .invisible: break
                    case .torn: session.torn.modules += 1
                    case .whole(let module): loaded.append(module)
                    }
                }
                session.modules = loaded.map(\.module)
                list = StackList3(words: words, modules: loaded)
            case .four:
                var places: [Int?] = []
                for index in 0..<image.count(of: .modules) {
                    switch Format.module(bytes, at: index, strings: strings) {
                    case .invisible: places.append(nil)
                    case .torn:
                        session.torn.modules += 1
                        places.append(nil)
                    case .whole(var module):
                        if module.path == session.header.exe { module.startedAs = session.header.startedAs }
                        places.append(session.modules.count)
                        session.modules.append(module)
                    }
                }
                let tree = StackTree(
                    words: words, frames: image.bytes(of: .frames), modules: places, loaded: session.modules)
                session.torn.frames = tree.tornFrames
                self.tree = tree
            }
        }

        /// Whether the stack is there; it is kept then, if there is room, and else doubted.
        ///
        /// - Parameter hash: what it must be; nil: the referrer does not know.
        mutating func has(_ id: UInt32, hash: UInt32?) -> Bool {
            if unread.contains(id) { return true }
            if known[id] == nil, !doubted.contains(id), let read = list?.stack(id) ?? tree?.stack(id) {
                if read.stack.frames.count <= room {
                    room -= read.stack.frames.count
                    known[id] = read
                } else if hash == nil || hash == read.hash {
                    unread.insert(id)
                    return true
                }
            }
            guard let (stack, found) = known[id], hash == nil || hash == found else {
                doubted.insert(id)
                return false
            }
            stacks[id] = stack
            return true
        }
    }

    private func isDamaged(_ region: RegionKind) -> Bool {
        damage.contains { $0.region == region || $0.region == nil }
    }

    /// - Returns: the ids of those that are torn.
    private mutating func readSites(_ image: SessionImage, _ reader: inout StackReading) -> Set<UInt32> {
        var torn: Set<UInt32> = []
        let elements = SiteElements(image, header: header, labels: readLabels(image))
        // Where a site and its stack do not fit, the stack is to blame only if checksums say so.
        let areStacksToBlame =
            header.hasChecksums && !isDamaged(.sites) && (isDamaged(.stacks) || isDamaged(.frames))
        // Index 0 is never used, so that 0 can mean "no site".
        for index in 1..<max(1, elements.count) {
            guard let id = UInt32(exactly: index) else { break }
            switch elements[index] {
            case .whole(let (site, hash)):
                // The stacks of version 3 have their own hash.
                if reader.has(site.stack, hash: image.version == .three ? nil : hash) || areStacksToBlame {
                    sites[id] = site
                } else {
                    torn.insert(id)
                }
            case .invisible: break
            case .torn: torn.insert(id)
            }
        }
        return torn
    }

    /// The elements of the sites, of either version.
    private struct SiteElements {
        let count: Int
        private let bytes: [UInt8]
        private let version: FormatVersion
        private let header: Header
        private let labels: [UInt32: String]

        init(_ image: SessionImage, header: Header, labels: [UInt32: String]) {
            count = image.count(of: .sites)
            bytes = image.bytes(of: .sites)
            version = image.version
            self.header = header
            self.labels = labels
        }

        subscript(index: Int) -> Element<(site: Site, hash: UInt32)> {
            switch version {
            case .three: Format.site3(bytes, at: index, interval: header.interval)
            case .four: Format.site(bytes, at: index, intervals: header.intervals, labels: labels)
            }
        }
    }

    private mutating func readLabels(_ image: SessionImage) -> [UInt32: String] {
        let (bytes, strings) = (image.bytes(of: .labels), image.bytes(of: .strings))
        var labels: [UInt32: String] = [:]
        for index in 0..<image.count(of: .labels) where index > 0 {
            switch Format.label(bytes, at: index, strings: strings) {
            case .whole(let text): labels[UInt32(clamping: index)] = text
            case .invisible: break
            case .torn: torn.labels += 1
            }
        }
        return labels
    }

    private mutating func readThreads(_ image: SessionImage, _ reader: inout StackReading) {
        let bytes = image.bytes(of: .threads)
        for index in 0..<image.count(of: .threads) {
            switch Format.thread(bytes, at: index) {
            case .whole(let record):
                _ = reader.has(record.stack, hash: nil)
                threads.append(record)
            case .invisible: break
            case .torn: torn.threads += 1
            }
        }
    }

    private mutating func readMappings(_ image: SessionImage, _ reader: inout StackReading) {
        guard image.regions[.mappings] != nil else { return }
        let bytes = image.bytes(of: .mappings)
        var found: [MappingRecord] = []
        for index in 0..<image.count(of: .mappings) {
            switch Format.mapping(bytes, at: index) {
            case .whole(let record):
                _ = reader.has(record.stack, hash: nil)
                found.append(record)
            case .invisible: break
            case .torn: torn.mappings += 1
            }
        }
        mappings = found
    }

    private mutating func readLive(_ elements: consuming [UInt8], _ image: SessionImage) {
        let size = image.version.elementSize(of: .live)
        let (count, places) = (elements.count / size, image.count(of: .sites))
        let (stored, pageSize) = (readablePages(image, count: count), Format.pageSize(image.headerBytes))
        var pages = stored.map { _ in PagesOfLiving() }
        pages?.reserve(count)
        live = LiveSamples(converting: elements, ofSize: size) { bytes, index in
            switch Format.live(bytes, at: index) {
            case .whole(let sample) where sample.site > 0 && Int(sample.site) < places:
                if let stored { pages?.append(believed(stored[index], of: sample, pageSize: pageSize)) }
                return sample
            case .invisible: return nil
            case .torn, .whole:
                torn.live += 1
                return nil
            }
        }
        self.pages = pages
        figures = Format.figures(image.bytes(of: .allocator), count: image.count(of: .allocator))
    }

    /// Nil if there are none, or not as many as living blocks: nobody could say then which is whose.
    private mutating func readablePages(_ image: SessionImage, count: Int) -> PagesOfLiving? {
        guard let pages = image.pages else { return nil }
        guard pages.count == count else {
            torn.pages = pages.count
            return nil
        }
        return pages
    }

    private mutating func believed(_ pages: LivePages?, of sample: LiveSample, pageSize: UInt64) -> LivePages? {
        guard let pages else { return nil }
        guard Format.canBe(pages, size: sample.size, pageSize: pageSize) else {
            torn.pages += 1
            return nil
        }
        return pages
    }

    private mutating func readEvents(_ image: SessionImage) {
        let bytes = image.bytes(of: .ring)
        let places = image.count(of: .sites)
        var oldest: UInt64?
        let visible = image.visibleEvents
        events.reserveCapacity(visible.count)
        for index in visible {
            switch Format.event(bytes, at: index) {
            case .whole(let event) where event.site > 0 && Int(event.site) < places:
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
