// SPDX-License-Identifier: Apache-2.0
//
// Finds where a growing function crosses zero. Numerics only.

/// The point between `low` and `high` where `function`, which grows, becomes positive, to a millionth of their distance;
/// `low` if it is nowhere negative.
///
/// Inverse quadratic interpolation where the function is smooth enough, else halving (Chandrupatla 1997): ten calls, as
/// a rule, and never more than a few times those of halving alone.
func root(from low: Double, to high: Double, of function: (Double) -> Double) -> Double {
    // `latest` and `opposite` enclose the root; `former` is the point that one of them replaced.
    var latest = (x: high, value: function(high))
    var opposite = (x: low, value: function(low))
    guard low.isFinite, high.isFinite else { return high }
    guard opposite.value < 0, latest.value > 0 else { return opposite.value < 0 ? high : low }
    let tolerance = (high - low) * 1e-6
    var position = 0.5
    while true {
        let x = latest.x + position * (opposite.x - latest.x)
        let point = (x: x, value: function(x))
        var former = latest
        if (point.value > 0) != (latest.value > 0) {
            former = opposite
            opposite = latest
        }
        latest = point
        let smallest = tolerance / (opposite.x - latest.x).magnitude
        if latest.value == 0 || smallest > 0.5 { return latest.x }

        let place = (latest.x - opposite.x) / (former.x - opposite.x)
        let height = (latest.value - opposite.value) / (former.value - opposite.value)
        position = 0.5
        if height * height < place, (1 - height) * (1 - height) < 1 - place {
            position =
                latest.value / (opposite.value - latest.value) * former.value / (opposite.value - former.value)
                + (former.x - latest.x) / (opposite.x - latest.x) * latest.value / (former.value - latest.value)
                * opposite.value / (former.value - opposite.value)
        }
        position = min(1 - smallest, max(smallest, position))
    }
}
