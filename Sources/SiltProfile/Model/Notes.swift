// SPDX-License-Identifier: Apache-2.0
//
// What a profile lacks, in sentences for a person: how many samples, how many bytes they stand for, what to do.
// Every kind of loss that the format knows has its sentence here, but for stacks cut short.

internal import SiltFile
internal import SiltSymbols

extension Profile {
    /// What the sessions could not record, what the reader dropped, and what could not be named.
    static func notes(on sessions: [Session], symbols: any FrameSource) -> [String] {
        var notes: [String] = []
        for session in sessions {
            let who = sessions.count > 1 ? "process \(session.header.pid): " : ""
            for loss in session.losses.sorted(by: { $0.reason.rawValue < $1.reason.rawValue }) where loss.count > 0 {
                if let sentence = sentence(on: loss, interval: session.header.largestInterval) {
                    notes.append(who + sentence)
                }
            }
            for tier in Stack.Tier.allCases {
                if let samples = session.shortened[tier], let what = sentence(on: tier) {
                    notes.append("\(who)\(counted(samples.count, "sample")) \(what)")
                }
            }
            if session.missedFrees.count > 0 {
                notes.append(
                    "\(who)\(counted(session.missedFrees.count, "free")) did not pass through the shim, noticed when the "
                        + "memory was handed out again: other memory that shows as in use may have been freed, too.")
            }
        }
        notes += notesOnDamage(of: sessions)
        notes += note(
            on: .forked, in: sessions, "the profile starts at a fork: memory inherited from the parent is not in it.")
        notes += note(
            on: .anonymous, in: sessions,
            "the session was in memory only, and a kill would have left nothing of it: its directory (SILT_DIR) could "
                + "not be written to, or copies on write (btrfs, zfs); a tmpfs will do.")
        let sizes = sessions.isEmpty ? [] : ["sizes are requested sizes, not usable ones: allocators round up."]
        return notes + symbols.warnings + sizes
    }

    /// What the reader dropped, and what it read of files that are not as they were written.
    static func notesOnDamage(of sessions: [Session]) -> [String] {
        sessions.flatMap { session -> [String] in
            let who = sessions.count > 1 ? "process \(session.header.pid): " : ""
            let torn = counted(UInt64(session.torn.total), "record")
            guard !session.damage.isEmpty else {
                return session.torn.total == 0
                    ? [] : ["\(who)\(torn) in \(session.path) were half written or damaged and are left out."]
            }
            let parts = session.damage.map { damage in
                "\(damage.region.map { "\($0)" } ?? "header") (\(roughly(Double(damage.bytes))))"
            }
            return [
                "\(who)\(session.path) is damaged: the checksums of \(parts.joined(separator: ", ")) do not hold"
                    + (session.torn.total == 0 ? "." : ", \(torn) left out.")
                    + " What is shown was recorded; what is missing is unknown."
            ]
        }
    }

    /// What is missing from the threads of the sessions, and what could not be named.
    static func notesOnThreads(of sessions: [Session], symbols: any FrameSource) -> [String] {
        var notes: [String] = []
        for session in sessions {
            let who = sessions.count > 1 ? "process \(session.header.pid): " : ""
            for loss in session.losses where loss.reason == .threads {
                if let sentence = sentence(on: loss, interval: session.header.largestInterval) {
                    notes.append(who + sentence)
                }
            }
            if session.torn.threads > 0, session.damage.isEmpty {
                notes.append(
                    who + "\(counted(UInt64(session.torn.threads), "thread")) in \(session.path) were half written or "
                        + "damaged and are left out.")
            }
        }
        notes += notesOnDamage(of: sessions.filter { !$0.damage.isEmpty })
        notes += note(
            on: .forked, in: sessions, "the process began at a fork: its first thread is the one that forked.")
        return notes + symbols.warnings
    }

    /// One sentence for all that have a flag: a prefork server has hundreds of processes.
    private static func note(on flag: Header.Flags, in sessions: [Session], _ sentence: String) -> [String] {
        let flagged = sessions.filter { $0.header.flags.contains(flag) }
        guard let first = flagged.first else { return [] }
        if sessions.count == 1 { return [sentence] }
        return [(flagged.count == 1 ? "process \(first.header.pid): " : "\(flagged.count) processes: ") + sentence]
    }

    /// Nil for stacks that are cut: samples carry that themselves, and reports count those that they show.
    private static func sentence(on loss: Loss, interval: UInt64) -> String? {
        let samples = counted(loss.count, "sample")
        let law = SamplingLaw(interval: interval)
        let bytes = law.bytes(samples: loss.count, ofSize: Double(loss.bytes) / Double(loss.count)).value
        let amount = "\(samples) (about \(roughly(bytes)))"
        return switch loss.reason {
        case .stacksFull: "\(amount) dropped, no room for new stacks: \(room)"
        case .sitesFull: "\(amount) dropped, no room for new sites: \(room)"
        case .liveFull: "\(amount) missing from in-use, no room for living allocations: \(room)"
        case .framesFull: "\(counted(loss.count, "frame")) not recorded: [frame unknown] stands there."
        case .modulesFull: "\(counted(loss.count, "module")) not recorded: frames there stay bare addresses."
        case .nested: "\(amount) dropped inside the shim, taken in a signal handler or by the unwinder."
        case .noSession: "\(amount) dropped, there was no memory for a session."
        case .depth, .unwind, .bounds: nil
        case .dump: "\(counted(loss.count, "dump")) could not be written."
        case .threads: "\(counted(loss.count, "thread")) not recorded: they count as unknown."
        case .tableRace: "\(amount) missing from in-use after a realloc that failed."
        }
    }

    /// A region is full where its capacity is used up, or where the file system gave no blocks for more.
    private static let room = "raise SILT_CAPACITY, or give the file system of the session more room."

    /// What was left out, and why; nil: nothing.
    private static func sentence(on tier: Stack.Tier) -> String? {
        switch tier {
        case .whole: nil
        case .folded: "with recursion left out: the stacks are deeper than the shim records, or there was little room."
        case .innermost: "with only the innermost frames: \(room)"
        case .leaf: "with only the innermost frame: \(room)"
        case .none: "without a stack: \(room)"
        }
    }

    private static func counted(_ count: UInt64, _ noun: String) -> String {
        count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
    }

    /// A size for a sentence, to one unit: `6 MiB`.
    private static func roughly(_ bytes: Double) -> String {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
        var value = bytes
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return value < 0x1p53 ? "\(UInt64(value.rounded())) \(units[unit])" : "countless \(units[unit])"
    }
}
