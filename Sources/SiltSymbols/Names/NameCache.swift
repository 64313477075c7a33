// SPDX-License-Identifier: Apache-2.0
//
// Where names that were read stay for the next run: a page for each module, in a folder of this user's. A page counts only
// as long as each file is as it was that could have changed the names; so an answer is the same with and without it. Nothing
// here is an error: what cannot be read is not there, and what cannot be written is not kept.

import SiltFile
import SiltHost
import Synchronization

/// A folder with the names of modules, bounded in size and age.
package struct NameCache: Sendable {
    /// What to do with what is in it.
    package struct Limits: Sendable, Hashable {
        /// Of all pages together.
        package var bytes: UInt64 = 64 << 20
        /// How many there may be.
        package var pages = 2000
        /// Of one page.
        package var pageBytes = 8 << 20
        /// Nanoseconds that a page is kept without being used.
        package var unused: UInt64 = 90 * 86_400 * 1_000_000_000
        /// A file that was changed so few nanoseconds ago may change again without a sign: clocks of file systems have
        /// ticks of milliseconds.
        package var settling: UInt64 = 2_000_000_000

        package init() {}
    }

    package var folder: String
    package var limits = Limits()
    private let pruning = Pruning()

    package init(folder: String, limits: Limits = Limits()) {
        self.folder = folder
        self.limits = limits
    }

    /// The folder of this user: what `SILT_CACHE` names, else `silt` in `$XDG_CACHE_HOME`, else in `~/.cache`; nil: no names
    /// are kept, since `SILT_CACHE` is `none`, there is no such place that is this user's, or the environment may be another
    /// user's.
    package static var own: NameCache? {
        guard !hasForeignRights() else { return nil }
        return folder(
            named: environmentVariable("SILT_CACHE"), cacheHome: environmentVariable("XDG_CACHE_HOME"),
            home: environmentVariable("HOME")
        ).map { NameCache(folder: $0) }
    }

    /// - Parameters:
    ///   - named: a folder, or `none`.
    ///   - cacheHome: counts only if it is absolute, as its specification says.
    static func folder(named: String?, cacheHome: String?, home: String?) -> String? {
        if let named { return named == "none" ? nil : absolutePath(named) }
        // In a folder of somebody else, such as that of the user who typed `sudo`, nothing is made.
        func isOwn(_ path: String) -> Bool {
            guard path.hasPrefix("/"), let status = try? FileStatus(ofPath: path, followingLinks: true) else {
                return false
            }
            return status.kind == .directory && status.uid == effectiveUser()
        }
        if let cacheHome, cacheHome.hasPrefix("/") { return isOwn(cacheHome) ? cacheHome + "/silt" : nil }
        guard let home, isOwn(home) else { return nil }
        let usual = home + "/.cache"
        return !fileExists(usual) || isOwn(usual) ? usual + "/silt" : nil
    }

    /// The page with the answers to a question; nil if there is none, or it is not of the files that there are now.
    func page(_ question: Question) -> NamePage? {
        guard let name = question.name, let opened = PrivateFolder(folder),
            let bytes = opened.contents(of: name, limit: limits.pageBytes), let page = NamePage(bytes: bytes),
            page.question == question.text, page.isCurrent
        else { return nil }
        opened.touch(name)
        return page
    }

    /// Keeps a page in place of the one that there was.
    func keep(_ page: NamePage, for question: Question) {
        let settled = Clock.realtime() &- limits.settling
        guard let name = question.name, page.files.allSatisfy({ $0.state.map { $0.changed <= settled } ?? true }) else {
            return
        }
        let bytes = page.bytes
        guard bytes.count <= limits.pageBytes else { return }
        // `~/.cache` may not be there yet; of a folder that was named, the one around it must be.
        if let slash = folder.lastIndex(of: "/"), folder[..<slash].hasSuffix("/.cache") {
            makeDirectory(String(folder[..<slash]))
        }
        guard let opened = PrivateFolder(folder, makingIt: true) else { return }
        opened.replace(name, with: bytes)
    }

    fileprivate static let suffix = ".names"

    /// Removes pages that nobody has used for long, then those that were not used for the longest time until the others fit.
    /// Other files are left alone: a folder that somebody named may be one of his own. Once a minute at most, for all copies
    /// of this value together: a server has a symbolizer for each module.
    func prune() {
        guard pruning.isDue(), let folder = PrivateFolder(folder) else { return }
        let now = Clock.realtime()
        func isLeftover(_ name: String) -> Bool { name.hasSuffix(".tmp") && name.contains(Self.suffix + ".") }
        let entries = folder.entries().filter { $0.name.hasSuffix(Self.suffix) || isLeftover($0.name) }
            .sorted { ($0.modified, $0.name) < ($1.modified, $1.name) }
        var bytes = entries.reduce(0) { $0 + $1.size }
        var count = entries.count
        for entry in entries {
            func isOlder(than span: UInt64) -> Bool { entry.modified.addingReportingOverflow(span).partialValue < now }
            // What is being written is no hour old.
            let isLost = isLeftover(entry.name) && isOlder(than: 3_600_000_000_000)
            guard isLost || isOlder(than: limits.unused) || bytes > limits.bytes || count > limits.pages else {
                continue
            }
            folder.remove(entry.name)
            bytes -= entry.size
            count -= 1
        }
    }

    /// When pages were removed last.
    private final class Pruning: Sendable {
        private let last = Mutex<UInt64?>(nil)

        /// Whether a minute has passed, or it was never done; it counts as done then.
        func isDue() -> Bool {
            last.withLock { last in
                let now = Clock.monotonic()
                if let last, now - last < 60_000_000_000 { return false }
                last = now
                return true
            }
        }
    }
}

extension NameCache {
    /// Which names are wanted: all that can make the answers of two runs differ, but for the files themselves.
    struct Question: Hashable {
        let text: String
        /// Of its file; nil: such names are not kept.
        let name: String?

        /// - Parameter program: who reads the names; another version may read them otherwise.
        init(_ module: Module, _ options: Symbolizer.Options, program: String = Self.thisProgram) {
            let parts =
                [
                    program, options.fetchedFiles ?? "", module.path, hexadecimal(module.buildID),
                    options.usesDebugInfo ? "lines" : "symbols", absolutePath(options.sysroot ?? "/"),
                ] + ["roots"] + options.roots.map(absolutePath) + ["debug"] + options.debugDirectories.map(absolutePath)
            text = parts.map { "\($0.utf8.count):\($0)" }.joined(separator: "\n")
            let id = hexadecimal(module.buildID.prefix(20))
            let digits = String(contentChecksum(Array(text.utf8)), radix: 16)
            // A relative path means another file in another folder.
            name = module.buildID.isEmpty || !module.path.hasPrefix("/") ? nil : "\(id)-\(digits)\(NameCache.suffix)"
        }

        /// Its file, as it is: builds of one version can differ.
        private static let thisProgram: String = {
            guard let file = try? FileStatus(ofPath: "/proc/self/exe", followingLinks: true) else { return siltVersion }
            return "\(siltVersion) \(file.device) \(file.inode) \(file.size) \(file.modified)"
        }()
    }
}
