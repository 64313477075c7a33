// SPDX-License-Identifier: Apache-2.0
//
// The gamma distribution, and the root of a growing function. Numerics only. GammaDistribution.swift and Root.swift are
// the models, with the sources of the formulas: change both sides together, a test compares them.

export class Gamma {
  // A distribution with this mean and variance; without either it is the point 0.
  constructor(mean, variance) {
    const isSpread = mean > 0 && variance > 0;
    this.shape = isSpread ? mean * mean / variance : 0;
    this.scale = isSpread ? variance / mean : 0;
  }

  get isPoint() { return this.shape <= 0 || this.scale <= 0; }
  get variance() { return this.shape * this.scale * this.scale; }
  // Greater than every quantile that is asked for.
  get farOut() { return this.shape * this.scale + 10 * Math.sqrt(this.variance) + 10 * this.scale; }

  probabilityAtMost(x) {
    if (this.isPoint) return x >= 0 ? 1 : 0;
    return x > 0 ? regularized(this.shape, x / this.scale) : 0;
  }

  // The value that is not exceeded with this probability.
  quantile(probability) { return root(0, this.farOut, x => this.probabilityAtMost(x) - probability); }

  // Calls `body` with points and weights that sum a smooth function over the distribution; the weights add up to 1.
  forEachPoint(body) {
    if (this.isPoint) {
      body(0, 1);
      return;
    }
    const { shape, scale } = this;
    const lowest = (Math.log(1e-8) + logGamma(shape + 1)) / shape;
    const left = Math.max(shape - 6 * Math.sqrt(shape), Math.exp(Math.max(lowest, Math.log(1e-9))));
    const right = shape + 8 * Math.sqrt(shape) + 20;
    const width = Math.log(right / left);
    const steps = Math.ceil(width / Math.min(0.3, 0.5 / Math.sqrt(shape)));
    const step = width / steps;
    const first = regularized(shape, left);
    const constant = logGamma(shape);
    const weights = Array.from({ length: steps + 1 }, (_, index) => {
      const v = Math.log(left) + index * step;
      return Math.exp(shape * v - Math.exp(v) - constant) * step;
    });
    weights[0] /= 2;
    weights[steps] /= 2;
    const factor = (1 - first) / weights.reduce((sum, weight) => sum + weight, 0);
    body(left * scale, first + weights[0] * factor);
    for (let index = 1; index <= steps; index++) {
      body(left * Math.exp(index * step) * scale, weights[index] * factor);
    }
  }
}

// The probability that the difference of two independent variables is at most `x`.
export function probabilityOfDifference(first, second, x) {
  const isFirstNarrower = first.variance < second.variance * (1 - 1e-3);
  const isPeaked = (isFirstNarrower ? first : second).shape > 3;
  let sum = 0;
  if (isPeaked || second.isPoint || first.isPoint ? isFirstNarrower : x < 0) {
    first.forEachPoint((at, weight) => { sum += weight * (1 - second.probabilityAtMost(at - x)); });
  } else {
    second.forEachPoint((at, weight) => { sum += weight * first.probabilityAtMost(x + at); });
  }
  return sum;
}

// Where a growing function becomes positive between `low` and `high`, to a millionth of their distance; `low` if it is
// nowhere negative.
export function root(low, high, f) {
  let latest = { x: high, y: f(high) }, opposite = { x: low, y: f(low) };
  if (!(opposite.y < 0 && latest.y > 0)) return opposite.y < 0 ? high : low;
  const tolerance = (high - low) * 1e-6;
  let position = 0.5;
  for (;;) {
    const x = latest.x + position * (opposite.x - latest.x);
    const point = { x, y: f(x) };
    let former = latest;
    if (point.y > 0 !== latest.y > 0) {
      former = opposite;
      opposite = latest;
    }
    latest = point;
    const smallest = tolerance / Math.abs(opposite.x - latest.x);
    if (latest.y === 0 || smallest > 0.5) return latest.x;
    const place = (latest.x - opposite.x) / (former.x - opposite.x);
    const height = (latest.y - opposite.y) / (former.y - opposite.y);
    position = 0.5;
    if (height * height < place && (1 - height) * (1 - height) < 1 - place) {
      position = latest.y / (opposite.y - latest.y) * former.y / (opposite.y - former.y)
        + (former.x - latest.x) / (opposite.x - latest.x) * latest.y / (former.y - latest.y)
        * opposite.y / (former.y - opposite.y);
    }
    position = Math.min(1 - smallest, Math.max(smallest, position));
  }
}

// The lower regularized incomplete gamma function P(a, x).
export function regularized(a, x) {
  if (x <= 0) return 0;
  if (a > 1000) {
    const spread = Math.sqrt(1 / (9 * a));
    const z = (Math.cbrt(x / a) - 1 + 1 / (9 * a)) / spread;
    // The normal distribution function, by P(1/2, z²/2).
    const half = regularized(0.5, z * z / 2) / 2;
    return z > 0 ? 0.5 + half : 0.5 - half;
  }
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a, sum = term;
    for (let n = a + 1; term > sum * 1e-13; n++) {
      term *= x / n;
      sum += term;
    }
    return Math.min(1, sum * front);
  }
  const nonzero = value => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let b = x + 1 - a, c = 1e300, d = 1 / b, fraction = d;
  for (let i = 1; i <= 1000; i++) {
    const numerator = -i * (i - a);
    b += 2;
    d = 1 / nonzero(numerator * d + b);
    c = nonzero(b + numerator / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-13) break;
  }
  return Math.max(0, 1 - fraction * front);
}

// ln Γ(a) for a > 0: Stirling's series, after Γ(a + 1) = a Γ(a) has carried a to where six terms give 14 digits.
export function logGamma(a) {
  let shift = 0;
  for (; a < 10; a++) shift += Math.log(a);
  const inverse = 1 / (a * a);
  const series = [-691 / 360360, 1 / 1188, -1 / 1680, 1 / 1260, -1 / 360, 1 / 12]
    .reduce((sum, term) => sum * inverse + term, 0) / a;
  return (a - 0.5) * Math.log(a) - a + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
