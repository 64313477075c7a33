// SPDX-License-Identifier: Apache-2.0
//
// When something will have grown by so much. From the present regime only, and only of growth that goes on.

extension CourseJudge {
    /// A time and the limits between which it lies with 95 %.
    package struct Forecast: Hashable, Sendable {
        /// Nil: it is not known well enough for a figure.
        package var estimate: Duration?
        package var soonest: Duration
        /// Nil: perhaps never.
        package var latest: Duration?

        package init(estimate: Duration?, soonest: Duration, latest: Duration?) {
            self.estimate = estimate
            self.soonest = soonest
            self.latest = latest
        }

        /// The time is one of two forecasts, of which this one is the sooner.
        init(_ near: Forecast, orAsLateAs far: Forecast?) {
            self.init(estimate: nil, soonest: near.soonest, latest: far?.latest)
            if let latest, latest > soonest * CourseJudge.widest { self.latest = nil }
        }
    }

    /// Limits that are farther apart than by this factor say no more than "not before".
    fileprivate static let widest = 10.0

    /// After what time something has grown by `room` bytes, if it goes on as it does now.
    ///
    /// Of steady growth only, from its present regime; of growth that slows down the time before which it is not reached.
    /// Nil of all other courses, which do not say how memory goes on.
    package func forecast(of course: Course, _ verdict: Course.Verdict, room: Double) -> Forecast? {
        let mixture: GrowthMixture
        switch verdict.shape {
        case .steady, .since: mixture = GrowthMixture(evidence(of: course), library: library) { $0.grows }
        case .slowing: mixture = GrowthMixture(evidence(of: course), library: library) { $0.slows }
        case .step, .churn, .flat, .shrinking, .undecided: return nil
        }
        func time(_ probability: Double) -> Duration? {
            mixture.time(toGrowBy: room, probability: probability).map { .seconds($0 * elapsed) }
        }
        guard let soonest = room > 0 ? time(0.025) : .zero else { return nil }
        guard verdict.shape.isGrowth, let latest = time(0.975), latest <= soonest * Self.widest else {
            return Forecast(estimate: nil, soonest: soonest, latest: nil)
        }
        return Forecast(estimate: time(0.5), soonest: soonest, latest: latest)
    }
}
