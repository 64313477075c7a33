// SPDX-License-Identifier: Apache-2.0
//
// A memory limit and the time until it is reached as a sentence. SiltProfile computes it.

import SiltProfile

extension TimeToLimit {
    /// `At this rate 2GB, the limit of control group /payments, is reached in 3 d 4 h (2 d 20 h to 3 d 14 h); 1.20GB is
    /// in use now.`
    var sentence: String {
        let limit = formatBytes(Double(use.limit)) + use.bound.words
        if use.isExhausted { return "\(limit), is reached\(swap)." }
        let now = "\(use.usedWords) in use now\(swap)."
        guard let forecast, forecast.soonest < .horizon else {
            let never = forecast == nil ? "" : ", and not reached within ten years"
            return "\(limit)\(never); \(now)"
        }
        func text(_ time: Duration) -> String { formatDuration(seconds: time / .seconds(1)) }
        guard let estimate = forecast.estimate, let latest = forecast.latest, latest < .horizon else {
            let latest = forecast.latest.map { $0 < .horizon ? " and in \(text($0)) at the latest" : "" } ?? ""
            return "\(limit), is reached in \(text(forecast.soonest)) at the soonest\(latest); \(now)"
        }
        let range = forecast.soonest == latest ? "" : " (\(text(forecast.soonest)) to \(text(latest)))"
        return "At this rate \(limit), is reached in \(text(estimate))\(range); \(now)"
    }

    private var swap: String {
        guard let swap = use.swap, swap > 0 else { return "" }
        return ", and \(formatBytes(Double(swap))) can go to swap beyond the limit"
    }
}

extension MemoryUse {
    /// `1.20GB is`, or where the cache is not known `0.80GB to 1.20GB, by file cache, is`.
    fileprivate var usedWords: String {
        let most = formatBytes(Double(used.upperBound))
        let least = formatBytes(Double(used.lowerBound))
        return least == most ? "\(most) is" : "\(least) to \(most), depending on file cache, is"
    }
}

extension MemoryUse.Bound {
    fileprivate var words: String {
        switch self {
        case .controlGroup(let path?): ", the limit of control group \(path)"
        case .controlGroup(nil): ", the limit of its control group"
        case .controlGroupThrottle(let path):
            ", the limit from which on control group \(path ?? "") is slowed down (memory.high)"
        case .addressSpace: ", the limit of its address space (RLIMIT_AS)"
        }
    }
}

extension Duration {
    /// Ten years: what lies beyond is no prediction.
    fileprivate static let horizon = Duration.seconds(10 * 365 * 86_400)
}
