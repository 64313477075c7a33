// SPDX-License-Identifier: Apache-2.0
//
// The words for a profile's notes and for stacks that end early, the same in every format. It adds no facts: those come
// with the profile.

import SiltAllocator
import SiltFile
import SiltHost
package import SiltProfile

extension Note {
    /// A sentence for a person.
    package var sentence: String {
        switch self {
        case .ofProcess(let pid, let note): "process \(pid): \(note.sentence)"
        case .ofProcesses(let count, let note): "\(counted(count, "process", plural: "processes")): \(note.sentence)"
        case .nothingSampled(let exe, [], sinceFork: true):
            "no allocation was sampled since the fork: \(exe) has allocated too little for that by malloc or its like; what it "
                + "inherited is in its parent's profile."
        case .nothingSampled(let exe, [], sinceFork: false):
            "no allocation was sampled: \(exe) has allocated too little for that by malloc or its like; memory that it maps "
                + "itself is told by --by mapped_space."
        case .nothingSampled(let exe, let allocator, _):
            "no allocation was sampled: \(exe) defines \(Self.list(allocator)) itself, and its own calls never reach "
                + "libsilt.so, so that what it holds is not known; see silt doctor."
        case .lost(let reason, let count, let bytes): reason.sentence(count, bytes: bytes)
        case .shortened(let tier, let count): "\(counted(count, "sample")) \(tier.sentence)"
        case .missedFrees(let missed):
            "\(counted(missed.count, "free")) did not pass through libsilt.so, noticed when the memory was handed out again: "
                + (missed.mayMatter ? "any of the memory" : "other memory")
                + " that shows as in use may have been freed, too."
        case .damagedFile(let path, let parts, let recordsLeftOut): Self.damaged(path, parts, recordsLeftOut)
        case .damagedRecords(let count, let path): Self.damaged(counted(count, "record"), path)
        case .stacksNotRead(let count, let path):
            "\(counted(count, "stack")) in \(path) were not read, since there are too many frames: what was allocated there "
                + "counts without a stack."
        case .damagedThreads(let count, let path): Self.damaged(counted(count, "thread"), path)
        case .heapBeganAtFork: "the profile starts at a fork: memory inherited from the parent is not in it."
        case .mappingsNotRecorded(let path):
            "\(path) does not record mappings: it was written by an earlier libsilt.so."
        case .mappingsBeganAtFork: "the profile starts at a fork: mappings inherited from the parent are not in it."
        case .mappedSizes:
            "mappings of 64 KiB and more that the program made by mmap or mremap, exact; what the C library and the loader "
                + "map for themselves (malloc's heaps, thread stacks, libraries) is not among them."
        case .mappedByAllocators(let libraries, let bytes):
            "\(formatBytes(bytes)) of it \(libraries.joined(separator: " and ")) mapped for itself, while the code that it stands "
                + "with asked for memory: an allocator uses its mappings for all."
        case .reservedSpace(let bytes):
            "\(formatBytes(bytes)) more is reserved without access: address space, not memory (--by reserved_space)."
        case .threadsBeganAtFork: "the process began at a fork: its first thread is the one that forked."
        case .intervalChanged(let intervals, let last, let ceiling):
            "the interval was \(formatBytes(Double(intervals.lowerBound))) to \(formatBytes(Double(intervals.upperBound)))"
                + ", changed \(counted(Int(ceiling.changes), "time")) so that samples take at most "
                + "\(Self.percent(ceiling.share)) of CPU time"
                + (ceiling.measured.map { " (they took \(Self.percent($0)))" } ?? "")
                + ", and is \(formatBytes(Double(last))) now: each sample counts by the one it was taken with."
        case .inMemoryOnly:
            "the session was in memory only, and a kill would have left nothing of it: neither SILT_DIR, which must be on "
                + "a tmpfs or on ext4, nor a tmpfs at /dev/shm could hold its file; silt doctor says why."
        case .requestedSizes: "sizes are requested sizes, not usable ones: allocators round up."
        case .superseded(let path, let pid):
            "\(path) is an earlier dump of process \(pid), which is counted once, by its latest dump."
        case .ring(let reach, let isShort):
            "the ring reaches back \(formatDuration(seconds: reach / .seconds(1)))"
                + (isShort ? " only; older events are overwritten or the session is younger." : ".")
        case .wrongOrder(let path):
            "\(path) was made before the snapshot it is compared with: growth shows as shrinkage."
        case .differentExecutables(let paths):
            "the snapshots are of different executables: \(paths.joined(separator: ", "))."
        case .kindsLeftOut(let names): "only one of the two profiles has \(names.joined(separator: ", ")): left out."
        case .threadsStopped(let longest):
            "each thread was stopped to be read, for "
                + "\(Double((longest / .microseconds(1)).rounded(.up)) / 1000) ms at most."
        case .threadsOmitted(let omission, let count): omission.sentence(counted(count, "thread"))
        case .moreInUseThanResident:
            "more is in use than is resident: within the error of sampling, or since some of it was never written to"
                + " or is swapped out."
        case .heapsNotWalked(let reason): "\(reason.words): what is free, returnable or pinned is not told apart."
        case .ownAllocator(let functions):
            "the executable has an allocator of its own (\(functions.joined(separator: ", "))): what that holds is among the "
                + "unknown, or in use as far as libsilt.so sees its calls; its own statistics tell more."
        case .dumpHasNoHeaps:
            "the heap could not be walked when the dump was made: what is free, returnable or pinned is not told apart."
        case .copiesOfChildren(let read, let unread):
            "what \(counted(UInt64(read), "forked child", plural: "forked children")) copied is in these figures, and at most so "
                + "much: what a child put at the same address after it freed the block counts as well, and of a huge page the "
                + "kernel tells as a whole whether it is shared"
                + (unread == 0
                    ? "."
                    : "; \(unread) more could not be read, or would have taken too long: what they copied is missing.")
        case .ownPagesOnly:
            "pages of the process itself: what forked children copied is told by silt top --by unshared_space of the running "
                + "process only."
        case .heapsInMotion(let bytes):
            "\(formatBytes(Double(bytes))) of the heap changed while it was read and is counted as in use: look again."
        case .heapsLocked(let bytes):
            "\(formatBytes(Double(bytes))) of the heap are free, but locked in memory by mlock: malloc_trim gives back none of it."
        case .dumpTellsFilesOnly:
            "this dump tells files (with shared memory and the profiler's session) from the rest, no more: a process that "
                + "writes a dump itself looks no further; silt dump does."
        case .noIntervals: "the file does not say how sure its figures are; they are shown without intervals."
        case .objectsFromAverages:
            "the file adds up sampled blocks of all sizes: where sizes differ at one stack, there are more objects than "
                + "shown."
        case .namesWithoutBuildIDs:
            "the file does not say which builds it is of: names are those of the files that are at its paths now."
        case .asksToHide(let pattern): "the file asks to hide the frames that match \(pattern); they are shown."
        case .leftOut(let stacks, let all, let parts):
            "left out, since servers take no more: the lightest \(stacks) of \(counted(all, "stack")), which hold "
                + parts.map { "\(fixed($0.share * 100, decimals: 2)) % of \($0.kind.name)" }.joined(separator: ", ")
                + "."
        case .matchesNothing(let option, let pattern): "--\(option) \(pattern) matches nothing in this profile."
        case .foldedAllocator(let function, let module, let ways, let through, let callers, let isByName):
            "folded: \(function) (\(baseName(module))), through which \(through) of \(counted(ways, "way")) to malloc go, "
                + "from \(counted(callers, "function"))"
                + (isByName ? "; it is named as an allocator." : ".")
        case .foldedByName(let functions):
            "folded, since known by name: \(functions.prefix(Self.namesShown).joined(separator: ", "))"
                + (functions.count > Self.namesShown ? ", and \(functions.count - Self.namesShown) more." : ".")
        case .told(let sentence): sentence
        }
    }

    /// The same in the few words of a headline; nil of anything but an empty profile.
    var headline: String? {
        switch self {
        case .nothingSampled(_, [], let sinceFork):
            "it has allocated too little for a sample by malloc or its like" + (sinceFork ? " since its fork" : "")
        case .nothingSampled(_, let allocator, _): "it allocates by \(Self.list(allocator)) of its own"
        case .ofProcess(let pid, let note): note.headline.map { "process \(pid): \($0)" }
        case .ofProcesses(let count, let note):
            note.headline.map { "\(counted(count, "process", plural: "processes")): \($0)" }
        default: nil
        }
    }

    /// `1%`, `0.5%`, `0.0213%`: as many digits as it was said with.
    private static func percent(_ share: Double) -> String {
        let text = "\((share * 1e6).rounded() / 1e4)"
        return (text.hasSuffix(".0") ? String(text.dropLast(2)) : text) + "%"
    }

    private static func list(_ functions: [String]) -> String {
        // Those of C first: linkers' names of operators tell a person less.
        let ordered = functions.filter { !$0.hasPrefix("_") } + functions.filter { $0.hasPrefix("_") }
        return ordered.prefix(4).joined(separator: ", ") + (functions.count > 4 ? " and others" : "")
    }

    /// Names in one note.
    private static let namesShown = 20

    private static func damaged(_ path: String, _ parts: [DamagedPart], _ recordsLeftOut: Int) -> String {
        let list = parts.map { "\($0.region ?? "header") (\(formatBytes(Double($0.bytes))))" }.joined(separator: ", ")
        return "\(path) is damaged: the checksums of \(list) do not hold"
            + (recordsLeftOut == 0 ? "." : ", \(counted(recordsLeftOut, "record")) left out.")
            + " What is shown was recorded; what is missing is unknown."
    }

    private static func damaged(_ what: String, _ path: String) -> String {
        "\(what) in \(path) were half written or damaged and are left out."
    }
}

extension Loss.Reason {
    fileprivate func sentence(_ count: UInt64, bytes: Double) -> String {
        let amount = "\(counted(count, "sample")) (about \(formatBytes(bytes)))"
        return switch self {
        case .stacksFull: "\(amount) dropped, no room for new stacks: \(moreRoom)"
        case .sitesFull: "\(amount) dropped, no room for new sites: \(moreRoom)"
        case .liveFull: "\(amount) missing from in-use, no room for living allocations: \(moreRoom)"
        case .framesFull: "\(counted(count, "frame")) not recorded: [frame unknown] stands there."
        case .modulesFull: "\(counted(count, "module")) not recorded: frames there stay bare addresses."
        case .nested: "\(amount) dropped inside libsilt.so, taken in a signal handler or by the unwinder."
        case .noSession: "\(amount) dropped, there was no memory for a session."
        case .depth, .unwind, .bounds: "\(amount) with an incomplete stack."
        case .dump: "\(counted(count, "dump")) could not be written."
        case .threads: "\(counted(count, "thread")) not recorded: they count as unknown."
        case .mappings:
            "\(counted(count, "mapping")) or \(count == 1 ? "a change" : "changes") of one (\(formatBytes(bytes))) not recorded: "
                + "there was no room, or they came faster than they could be; raise SILT_CAPACITY."
        case .mappingStacks:
            "\(counted(count, "mapping")) (\(formatBytes(bytes))) recorded without a stack, made in a signal handler inside "
                + "libsilt.so."
        case .tableRace: "\(amount) missing from in-use after a realloc that failed."
        }
    }
}

/// A region is full where its capacity is used up, or where the file system gave no blocks for more.
private let moreRoom = "raise SILT_CAPACITY, or give the file system of the session more room."

extension Stack.Tier {
    /// What was left out of stacks, and why.
    fileprivate var sentence: String {
        switch self {
        case .whole: "with their whole stack."
        case .folded:
            "with recursion left out: the stacks are deeper than libsilt.so records, or there was little room."
        case .innermost: "with only the innermost frames: \(moreRoom)"
        case .leaf: "with only the innermost frame: \(moreRoom)"
        case .none: "without a stack: \(moreRoom)"
        }
    }
}

extension ProcessStacks.Omission {
    fileprivate func sentence(_ threads: String) -> String {
        switch self {
        case .didNotStop: "\(threads) could not be stopped, waiting for a device or a child of vfork: left out."
        case .traced: "\(threads) already traced by a debugger: left out."
        }
    }
}

extension Profile.Cut {
    /// Why a stack ends early, in a few words.
    package var words: String {
        switch self {
        case .notRecorded: "the stack was not recorded"
        case .tooDeepToRecord: "deeper than libsilt.so records"
        case .tooDeepToBeSound: "deeper than any sound stack"
        case .noUnwindInformation: "no unwind information"
        case .memoryNotTrusted: "stack memory not trusted"
        case .largerThanItsCopy: "larger than what is copied of it"
        case .recursionLeftOut: "recursion left out"
        case .innermostFramesOnly: "only the innermost frames kept"
        case .innermostFrameOnly: "only the innermost frame kept"
        case .noRoomForStack: "no room for the stack"
        case .told(let words): words
        }
    }
}

extension Profile {
    /// The profile's notes in sentences, and how many samples of a kind have a stack that ends early, by reason, or
    /// that is guessed in part.
    ///
    /// - Precondition: the profile has this kind.
    func notes(kind: Kind) -> [String] {
        let column = column(of: kind)
        var cut: [String: Int] = [:]
        var guessed = 0
        var all = 0
        for sample in samples {
            let count = sample.values[column].samples
            all = all.addingSaturated(count)
            if let reason = sample.truncated { cut[reason.words] = (cut[reason.words] ?? 0).addingSaturated(count) }
            if sample.isGuessed { guessed = guessed.addingSaturated(count) }
        }
        var sentences = notes.map { printable($0.sentence) }
        if samples.contains(where: { $0.values[column].sizes.beyondOneSize != nil }) {
            sentences.append(
                "*: all sampled blocks are of one size, and the interval is about objects of that size: far smaller ones "
                    + "may be there too, and samples cannot tell.")
        }
        let reasons = cut.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        if !reasons.isEmpty {
            let list = reasons.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            let count = reasons.reduce(0) { $0.addingSaturated($1.value) }
            sentences.append("\(count) of \(all) samples have an incomplete stack (\(list)).")
        }
        if guessed > 0 {
            sentences.append(
                "\(guessed) of \(all) samples have a stack that is guessed in part: a frame was passed by its frame "
                    + "pointer, not by unwind information, and the callers above it are likely, not proven.")
        }
        // The same note of several files or processes is said once.
        var said: Set<String> = []
        return sentences.filter { said.insert($0).inserted }
    }
}

/// Stands below a stack whose callers are likely, not proven.
let guessedLine = "(some callers are guessed)"

/// Notes as the tail of a report; empty without any.
func noteLines(_ sentences: [String]) -> String {
    sentences.isEmpty ? "" : "\n" + sentences.map { "Note: \(printable($0))\n" }.joined()
}

extension UnreadableHeaps {
    /// How an allocator tells of itself, and what makes it give memory back.
    private static func ownFigures(of library: String) -> String? {
        if library.contains("jemalloc") {
            "MALLOC_CONF=stats_print:true has it print its own figures at the end, stats.resident and stats.retained of "
                + "mallctl tell them before; background_thread:true,dirty_decay_ms:1000 has it give back more"
        } else if library.contains("mimalloc") {
            "MIMALLOC_SHOW_STATS=1 has it print its own figures at the end, mi_stats_print tells them before; "
                + "mi_collect(true), or from 2.1 on MIMALLOC_PURGE_DELAY=0, has it give back more"
        } else if library.contains("tcmalloc") {
            "MallocExtension::instance()->GetStats tells its own figures; ReleaseFreeMemory() or TCMALLOC_RELEASE_RATE=10 "
                + "has it give back more"
        } else {
            nil
        }
    }

    fileprivate var words: String {
        switch self {
        case .memory(let error):
            "the memory of the process cannot be read (\(error.text)): run silt as its user, or as root where "
                + "kernel.yama.ptrace_scope or a container forbids even that"
        case .allocator(let library):
            "the heap of \(library) cannot be read from outside"
                + (Self.ownFigures(of: library).map { " (\($0))" } ?? "")
        case .library(nil): "the process runs with a C library that is not known"
        case .library(let version?): "the heap of glibc \(version) cannot be read: its layout is not known"
        case .noHeaps: "no heap of glibc was found"
        case .incomplete: "sampled blocks lie outside of all heaps that were found"
        }
    }
}
