// SPDX-License-Identifier: Apache-2.0
//
// The time to the memory limit as a sentence. SiltProfile computes it.

import SiltProfile

extension TimeToLimit {
    /// `At this rate 2GB is reached in 3 d 4 h (2 d 20 h to 3 d 14 h); 1.20GB is in use now.`
    var sentence: String {
        let most = formatBytes(Double(limit))
        guard used < limit else { return "The limit of \(most) is reached." }
        guard estimate < .horizon else { return "At this rate \(most) is not reached within ten years." }
        func text(_ time: Duration) -> String { formatDuration(seconds: time / .seconds(1)) }
        let now = "\(formatBytes(Double(used))) is in use now."
        guard let latest else {
            let soonest = text(soonest)
            return "Growth is within noise: \(most) is reached in \(soonest) at the soonest, perhaps never; \(now)"
        }
        let range =
            if latest < .horizon {
                soonest == latest ? "" : " (\(text(soonest)) to \(text(latest)))"
            } else {
                " (\(text(soonest)) at the soonest, perhaps never)"
            }
        return "At this rate \(most) is reached in \(text(estimate))\(range); \(now)"
    }
}

extension Duration {
    /// Ten years: what lies beyond is no prediction.
    fileprivate static let horizon = Duration.seconds(10 * 365 * 86_400)
}
