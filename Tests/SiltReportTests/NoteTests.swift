// SPDX-License-Identifier: Apache-2.0
//
// The words for notes, and how guessed stacks are marked in every report.

import SiltFile
import SiltPprof
import SiltProfile
import SiltSymbols
import TestFixtures
import Testing

@testable import SiltReport

@Suite struct NoteTests {
    @Test(arguments: [
        (
            Note.lost(.stacksFull, count: 3, bytes: 3_000_000),
            "3 samples (about 2.86MB) dropped, no room for new stacks: raise SILT_CAPACITY, or give the file system of the session more room."
        ),
        (.lost(.modulesFull, count: 1, bytes: 0), "1 module not recorded: frames there stay bare addresses."),
        (.lost(.threads, count: 2, bytes: 0), "2 threads not recorded: they count as unknown."),
        (
            .damagedRecords(2, path: "service.7.silt"),
            "2 records in service.7.silt were half written or damaged and are left out."
        ),
        (
            .stacksNotRead(2, path: "service.7.silt"),
            "2 stacks in service.7.silt were not read, since there are too many frames: what was allocated there counts without a stack."
        ),
        (
            .ofProcesses(2, .heapBeganAtFork),
            "2 processes: the profile starts at a fork: memory inherited from the parent is not in it."
        ),
        (
            .ofProcess(8, .threadsOmitted(.traced, 1)),
            "process 8: 1 thread already traced by a debugger: left out."
        ),
        (
            .threadsStopped(longestPause: .nanoseconds(120_001)),
            "each thread was stopped to be read, for 0.121 ms at most."
        ),
        (.ring(reach: .seconds(65), isShort: false), "the ring reaches back 1m05s."),
        (.ring(reach: .milliseconds(327), isShort: false), "the ring reaches back 327ms."),
        (
            .ring(reach: .seconds(2), isShort: true),
            "the ring reaches back 2s only; older events are overwritten or the session is younger."
        ),
        (
            .intervalChanged(
                intervals: 512 << 10...4 << 20, last: 1 << 20,
                Header.Ceiling(share: 0.005, changes: 3, measured: 0.0021)),
            "the interval was 512kB to 4MB, changed 3 times so that samples take at most 0.5% of CPU time (they took 0.21%), and is 1MB now: each sample counts by the one it was taken with."
        ),
        (
            .intervalChanged(
                intervals: 1...2, last: 2, Header.Ceiling(share: 0.01, changes: 1, measured: nil)),
            "the interval was 1B to 2B, changed 1 time so that samples take at most 1% of CPU time, and is 2B now: each sample counts by the one it was taken with."
        ),
        (.told("libx.so has another build id"), "libx.so has another build id"),
    ])
    func noteHasItsSentence(note: Note, sentence: String) {
        #expect(note.sentence == sentence)
    }

    @Test func theSameNoteIsSaidOnce() {
        var profile = Self.guessed
        profile.notes = [.requestedSizes, .heapBeganAtFork, .requestedSizes]
        let notes = TopReport(profile, kind: .inuseSpace).notes
        #expect(notes.count { $0 == Note.requestedSizes.sentence } == 1)
        #expect(notes.first == Note.requestedSizes.sentence)
    }

    /// Two ways to one function; the callers of one are guessed.
    private static var guessed: Profile {
        var profile = stackProfile([("main@m.c:3;grow@g.c:1", 300, 3), ("run@r.c:5;grow@g.c:1", 100, 1)])
        profile.samples[1].isGuessed = true
        return profile
    }

    private static let sentence =
        "1 of 4 samples have a stack that is guessed in part: a frame was passed by its frame pointer, not by unwind "
        + "information, and the callers above it are likely, not proven."

    @Test func guessedStacksAreCounted() {
        #expect(TopReport(Self.guessed, kind: .inuseSpace).notes == [Self.sentence])
        var none = Self.guessed
        none.samples[1].isGuessed = false
        #expect(TopReport(none, kind: .inuseSpace).notes == [])
    }

    @Test func guessedStackIsMarkedWhereItIsShown() {
        let report = DiffReport(
            DiffReport.Comparison(profile: Self.guessed, relation: .independent), kind: .inuseSpace,
            options: DiffReport.Options(stacks: 2))
        #expect(
            report.text() == """
                Type: inuse_space
                inuse_space: grew by 400B
                Compared: independent profiles: their uncertainties add up

                Grew: 1 function, 400B
                growth  samples  function
                  400B        4  grow g.c:1
                  300B             from main m.c:3
                  100B             from run r.c:5
                                   (some callers are guessed)

                Note: \(Self.sentence)

                """)
        let json = String(decoding: report.json(), as: UTF8.self)
        #expect(json.contains(#"{"growth":300,"guessed":false,"#) && json.contains(#"{"growth":100,"guessed":true,"#))
    }

    @Test func pprofCarriesGuessedStacks() throws {
        let back = try Profile(pprof: Self.guessed.pprof())
        #expect(back.samples.map(\.isGuessed) == [false, true])
    }

    @Test func countsAreInPlainDigits() {
        #expect(counted(1, "stack") == "1 stack")
        #expect(counted(51_230, "stack") == "51230 stacks")
        #expect(counted(2, "entry", plural: "entries") == "2 entries")
    }

    @Test func markupIsEscaped() {
        #expect(escapedForMarkup("a<b>&\"'\u{1}\n") == "a&lt;b&gt;&amp;&quot;&#39;\u{fffd}\n")
    }
}
