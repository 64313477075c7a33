// SPDX-License-Identifier: Apache-2.0
//
// When a growing process meets its memory limit. Only growth that goes on tells: no time is given of a step, of churn, or
// of what the data do not decide. Arithmetic on what was recorded; it never looks at the machine it runs on.

/// A memory limit, and the time until it is reached if that can be told.
package struct TimeToLimit: Hashable, Sendable {
    package var use: MemoryUse
    /// From the last snapshot on; nil: the course does not tell.
    package var forecast: CourseJudge.Forecast?

    /// A limit of which no time can be told.
    package init(_ use: MemoryUse) {
        self.use = use
    }

    /// - Parameters:
    ///   - use: at the last snapshot.
    ///   - course: of the whole heap.
    ///   - judge: of the trend that the course is of; nil: two snapshots, which do not tell how memory goes on.
    package init(_ use: MemoryUse, course: Course, judge: CourseJudge?) {
        self.init(use)
        guard let judge, use.room.upperBound > 0 else { return }
        let verdict = judge.judge(course)
        let room = use.room
        let near = judge.forecast(of: course, verdict, room: Double(room.lowerBound))
        guard room.lowerBound < room.upperBound else {
            forecast = near
            return
        }
        let far = judge.forecast(of: course, verdict, room: Double(room.upperBound))
        forecast = near.map { CourseJudge.Forecast($0, orAsLateAs: far) }
    }
}
