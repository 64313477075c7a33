// SPDX-License-Identifier: Apache-2.0
//
// The thread report and the thread line of a diff, whole texts compared.

import SiltProfile
import TestFixtures
import Testing

@testable import SiltReport

@Suite struct ThreadReportTests {
    /// Threads by creating stack, of process 7, numbered from 101.
    private func threads(
        _ groups: [(stack: String, count: Int)], unknown: UInt64? = 0
    ) -> ThreadProfile {
        var profile = stackProfile(kind: .threads, groups.map { ($0.stack, Double($0.count), $0.count) })
        profile.processes = [Profile.Process(name: "service", pid: 7, exe: "/opt/app/service")]
        profile.kinds.append(.stackSpace)
        var members: [[ThreadProfile.Member]] = []
        var next: UInt32 = 101
        for (index, group) in groups.enumerated() {
            profile.samples[index].values.append(
                Estimate(value: Double(group.count << 20), variance: 0, samples: group.count))
            members.append(
                (next..<next + UInt32(group.count)).map {
                    ThreadProfile.Member(pid: 7, thread: $0, age: .seconds(5))
                })
            next += UInt32(group.count)
        }
        return ThreadProfile(profile: profile, members: members, unknown: unknown, processes: 1)
    }

    @Test func theTotalStandsFirstThenTheLargestGroup() {
        let profile = threads([("main@m.c:9;pool@p.c:3", 2), ("main@m.c:12;retry@r.c:31", 3)], unknown: 1)
        #expect(
            ThreadReport(profile).text() == """
                File: service (pid 7)
                Threads: 7 alive: 5 created under silt, 1 unknown (older, or made by a bare system call), and the first
                Stacks: 5MB reserved

                threads  oldest  median  reserved  created by
                      3                       3MB  retry r.c:31
                                                     from main m.c:12
                      2                       2MB  pool p.c:3
                                                     from main m.c:9

                """)
    }

    @Test func whatThreadsDoIsSummedUpByGroup() {
        let profile = threads([("main@m.c:12;retry@r.c:31", 3)])
        func activity(_ state: Character, in place: String?, _ cpu: Double, _ stack: UInt64?) -> ThreadReport.Activity {
            ThreadReport.Activity(state: state, waitsIn: place, cpuTime: cpu, residentStack: stack)
        }
        let report = ThreadReport(
            profile,
            activity: [
                7: [
                    101: activity("S", in: "futex_wait", 0.5, 8192), 102: activity("S", in: "futex_wait", 0.25, nil),
                    103: activity("R", in: nil, 0.25, 4096), 7: activity("R", in: nil, 9, nil),
                ]
            ])
        #expect(report.groups[0].cpuTime == 1)
        #expect(report.groups[0].resident == 12_288)
        #expect(
            report.groups[0].doing == [
                ThreadReport.Doing(what: "sleeping in futex_wait", count: 2),
                ThreadReport.Doing(what: "running or ready", count: 1),
            ])
    }

    @Test func stacksAreShownWithWhatTheirThreadsDoAndWhoMadeThem() {
        var current = threads([("start;work@w.c:5;wait@w.c:9", 3), ("main@m.c:2", 1)])
        current.members[1][0].thread = 7
        current.profile.notes = [.told("each thread was stopped.")]
        let waiting = ThreadReport.Activity(state: "S", waitsIn: "futex_wait", cpuTime: 0.5, residentStack: nil)
        let running = ThreadReport.Activity(state: "R", waitsIn: nil, cpuTime: 2, residentStack: nil)
        let report = StackReport(
            current, activity: [7: [101: waiting, 102: waiting, 103: running, 7: running]],
            recorded: threads([("main@m.c:9;pool@p.c:3", 2), ("main;retry@r.c:31", 1)]))
        #expect(
            report.text() == """
                File: service (pid 7)
                Threads: 4 in 2 stacks

                threads  cpu  stack
                      3   3s  wait w.c:9
                                from work w.c:5
                                from start
                                2 sleeping in futex_wait
                                1 running or ready
                                2 created by pool p.c:3
                                1 created by retry r.c:31
                      1   2s  main m.c:2
                                1 running or ready

                Note: each thread was stopped.

                """)
        #expect(
            report.text(count: 1, frames: 1).contains(
                """
                                from work w.c:5
                                from 1 more
                """))
        #expect(report.text(count: 1).contains("\nand 1 more stack, 1 thread\n"))
    }

    @Test func namesThatThreadsWereGivenAreShown() {
        var profile = threads([("main@m.c:12;retry@r.c:31", 4)])
        for (index, name) in ["worker", "service", nil, "worker"].enumerated() { profile.members[0][index].name = name }
        #expect(ThreadReport(profile).groups[0].names == [ThreadReport.Doing(what: "worker", count: 2)])
        #expect(ThreadReport(profile).text().contains(" 2 named worker\n"))
        let idle = ThreadReport.Activity(state: "S", waitsIn: nil, cpuTime: 0, residentStack: nil, name: "idle")
        #expect(
            ThreadReport(profile, activity: [7: [101: idle]]).groups[0].names == [
                ThreadReport.Doing(what: "idle", count: 1), ThreadReport.Doing(what: "worker", count: 1),
            ])
        let stacks = StackReport(profile, activity: [7: [104: idle]], recorded: nil)
        #expect(stacks.groups[0].names.map(\.what) == ["idle", "worker"])
    }

    @Test func callsOnOneLineAreOneGroup() {
        var profile = threads([("main@m.c:9;pool@p.c:3", 2), ("main@m.c:9;?10;pool@p.c:3", 1)])
        #expect(ThreadReport(profile).groups.map(\.count) == [2, 1])
        profile.profile.samples[1].locations = profile.profile.samples[0].locations
        #expect(ThreadReport(profile).groups.map(\.count) == [3])
    }

    @Test func theLineOfADiffNamesWhoMadeMost() {
        let before = threads([("main;pool@p.c:3", 11)])
        let after = threads([("main;pool@p.c:3", 7), ("main;retry@r.c:31", 51_222)])
        #expect(
            ThreadChange([before, after]).line
                == "threads: 12 → 51230, +51222 created by retry at r.c:31, from main")
        #expect(
            ThreadChange([after, before]).line
                == "threads: 51230 → 12, -51222 created by retry at r.c:31, from main")
        #expect(ThreadChange([before, before]).line == nil)
        #expect(
            ThreadChange([before, after, before, after]).line
                == "threads: 12 → 51230 → 12 → 51230, +51222 created by retry at r.c:31, from main")
        // They came and went.
        #expect(ThreadChange([before, after, before]).line == "threads: 12 → 51230 → 12")
    }

    @Test func whatOneSideDidNotCountIsLeftOutOnBoth() {
        let before = threads([("main;pool@p.c:3", 3)], unknown: nil)
        let after = threads([("main;pool@p.c:3", 4)], unknown: 9)
        #expect(ThreadChange([before, after]).line == "threads: 3 → 4, +1 created by pool at p.c:3, from main")
    }
}
