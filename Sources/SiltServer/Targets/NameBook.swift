// SPDX-License-Identifier: Apache-2.0
//
// Names that have been found stay known, by build id: a program is symbolized once, however often and by however many
// processes it is asked for. Bounded by the number of addresses; what was not used for the longest time goes first.

#if Serve
    import SiltFile
    import SiltSymbols
    import Synchronization

    /// The names of all programs on this host that were asked for; used by several threads.
    final class NameBook: Sendable {
        /// What makes two modules the same code.
        private struct Key: Hashable {
            var path: String
            var buildID: [UInt8]
            /// Where its process looks for files. Without a build id, a path means nothing elsewhere.
            var roots: [String]

            init(_ module: Module, roots: [String]) {
                path = module.path
                buildID = module.buildID
                self.roots = module.buildID.isEmpty ? roots : []
            }
        }

        private struct Page {
            /// By address in the file.
            var frames: [UInt64: [Frame]] = [:]
            var warnings: [String] = []
            var lastUse: UInt64 = 0
        }

        private struct Book {
            var pages: [Key: Page] = [:]
            var uses: UInt64 = 0
            var addresses = 0
        }

        /// Each has the files of one module open.
        private struct Readers {
            var symbolizers: [Key: Symbolizer] = [:]
            var order: [Key] = []
        }

        private let options: Symbolizer.Options
        private let mostAddresses: Int
        private let mostFiles: Int
        private let book = Mutex(Book())
        /// Object files are read by one thread at a time; names that are known do not wait for it.
        private let readers = Mutex(Readers())

        /// - Parameters:
        ///   - mostAddresses: about 400 bytes each.
        ///   - mostFiles: object files that stay open.
        init(options: Symbolizer.Options, mostAddresses: Int = 500_000, mostFiles: Int = 64) {
            self.options = options
            self.mostAddresses = mostAddresses
            self.mostFiles = mostFiles
        }

        /// The names for one reading of one process.
        func names(roots: [String] = []) -> Names { Names(book: self, roots: roots) }

        fileprivate func frames(
            at addresses: [UInt64], in module: Module, roots: [String]
        ) -> (frames: [[Frame]], warnings: [String]) {
            let key = Key(module, roots: roots)
            let (known, warnings) = look(up: addresses, in: module, key: key)
            let missing = addresses.indices.filter { known[$0] == nil }
            guard !missing.isEmpty else { return (known.map { $0 ?? [] }, warnings) }
            let read = readers.withLock { readers in
                let symbolizer = symbolizer(for: key, roots: roots, in: &readers)
                let frames = symbolizer.frames(at: missing.map { addresses[$0] }, in: module)
                return (frames: frames, warnings: symbolizer.warnings)
            }
            var frames = known
            for (index, found) in zip(missing, read.frames) { frames[index] = found }
            enter(zip(missing, read.frames).map { (addresses[$0] &- module.bias, $1) }, read.warnings, key: key)
            return (frames.map { $0 ?? [] }, read.warnings)
        }

        private func look(
            up addresses: [UInt64], in module: Module, key: Key
        ) -> (frames: [[Frame]?], warnings: [String]) {
            book.withLock { book in
                book.uses += 1
                book.pages[key]?.lastUse = book.uses
                guard let page = book.pages[key] else { return (Array(repeating: nil, count: addresses.count), []) }
                return (addresses.map { page.frames[$0 &- module.bias] }, page.warnings)
            }
        }

        private func enter(_ entries: [(address: UInt64, frames: [Frame])], _ warnings: [String], key: Key) {
            book.withLock { book in
                var page = book.pages.removeValue(forKey: key) ?? Page(lastUse: book.uses)
                let before = page.frames.count
                for entry in entries { page.frames[entry.address] = entry.frames }
                page.warnings = warnings
                book.addresses += page.frames.count - before
                book.pages[key] = page
                while book.addresses > mostAddresses,
                    let oldest = book.pages.min(by: { $0.value.lastUse < $1.value.lastUse })
                {
                    book.addresses -= oldest.value.frames.count
                    book.pages[oldest.key] = nil
                }
            }
        }

        private func symbolizer(for key: Key, roots: [String], in readers: inout Readers) -> Symbolizer {
            readers.order.removeAll { $0 == key }
            readers.order.append(key)
            if let known = readers.symbolizers[key] { return known }
            if readers.order.count > mostFiles { readers.symbolizers[readers.order.removeFirst()] = nil }
            var options = options
            options.roots = roots
            let symbolizer = Symbolizer(options: options)
            readers.symbolizers[key] = symbolizer
            return symbolizer
        }
    }

    /// What a profile asks for its names; for one thread.
    final class Names: FrameSource {
        private let book: NameBook
        private let roots: [String]
        private(set) var warnings: [String] = []

        fileprivate init(book: NameBook, roots: [String]) {
            self.book = book
            self.roots = roots
        }

        func frames(at addresses: [UInt64], in module: Module) -> [[Frame]] {
            let answer = book.frames(at: addresses, in: module, roots: roots)
            warnings += answer.warnings.filter { !warnings.contains($0) }
            return answer.frames
        }

        /// Only profiles of other tools ask for this.
        func module(mapping addresses: Range<UInt64>, offset: UInt64, of path: String) -> Module {
            Module(
                addresses: addresses, bias: addresses.lowerBound &- offset, text: addresses, textFileOffset: offset,
                path: path, buildID: [])
        }
    }

    /// No names, for figures that need none.
    final class NoNames: FrameSource {
        let warnings: [String] = []

        func frames(at addresses: [UInt64], in module: Module) -> [[Frame]] { addresses.map { _ in [] } }

        func module(mapping addresses: Range<UInt64>, offset: UInt64, of path: String) -> Module {
            Module(
                addresses: addresses, bias: 0, text: addresses, textFileOffset: offset, path: path, buildID: [])
        }
    }
#endif
